"""`python -m revenge.jobs beat`, or `worker NAME --queues A,B --most N`: the processes of Celery;
`watch`: the one that watches folders of films and hands jobs to them.

Celery's not by its own command line, which loads a shell with all that it knows: five megabytes.
"""

import argparse
import sys
from collections.abc import Sequence

from celery.utils.nodenames import default_nodename, host_format
from django.apps import apps

from revenge.celery import app
from revenge.processes import give_way


def main(arguments: Sequence[str]) -> int:
    """Runs until it is stopped; answers the exit code."""
    options = _parser().parse_args(arguments)
    if options.part == "watch":
        return _watch()
    if options.part == "beat":
        app.Beat(loglevel="INFO", quiet=True).run()
        return 0
    if options.niceness:
        give_way(options.niceness)
    worker = app.Worker(
        hostname=host_format(default_nodename(f"{options.name}@%h")),
        queues=options.queues.split(","),
        pool_cls="prefork",
        # Processes are started when jobs wait, and end when none do.
        autoscale=(options.most, 0),
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _watch() -> int:
    if not apps.ready:  # else the process was forked from one that is set up
        import django  # noqa: PLC0415  (Celery's processes do that themselves)

        django.setup()
    from apps.libraries.watch import standby  # noqa: PLC0415  (it needs the models)

    return standby.main()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="revenge.jobs")
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("beat", help="enqueue what is due")
    parts.add_parser("watch", help="have what changes in folders of films scanned")
    worker = parts.add_parser("worker", help="run jobs")
    worker.add_argument("name")
    worker.add_argument("--queues", required=True, help="the first ones go first")
    worker.add_argument("--most", type=int, required=True, help="jobs at once")
    worker.add_argument("--niceness", type=int, default=0, help="how much it gives way, 0 to 19")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
