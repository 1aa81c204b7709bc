"""`python -m bench.survival JOBS KILLS RESTARTS SECONDS`: jobs while their worker and their broker
die; prints how many were lost, as JSON.

A real worker, beat, PostgreSQL and Valkey. The worker is killed -9, by turns with all its processes
and without; the broker is by turns killed -9 and stopped. SECONDS is REVENGE_JOBS_RESEND_SECONDS.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

from bench.processes import Process, migrate, wait
from revenge.stack import workers
from revenge.stack.testing import EmbeddedEngines, embedded_engines, scratch_folder

_GROUP = next(group for group in workers.GROUPS if "default" in group.queues)


def survive(jobs: int, kills: int, restarts: int, resend_seconds: int) -> dict[str, float]:
    """How many jobs were `lost`, how many runs `repeated`, in how many `seconds`."""
    with scratch_folder() as folder, embedded_engines(folder / "engines") as engines:
        os.environ |= {
            **engines.environment,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "REVENGE_SECRET_KEY": "survival-" * 8,
            "REVENGE_DATA_DIR": str(folder),
            "REVENGE_JOBS_RESEND_SECONDS": str(resend_seconds),
        }
        migrate()
        done = folder / "done"
        done.mkdir()
        begin = time.monotonic()
        with Process("revenge.jobs", "beat"), _worker() as worker:
            _enqueue_and_kill(worker, engines, done, (jobs, kills, restarts))
        seconds = time.monotonic() - begin
        marks = [path.stat().st_size for path in done.iterdir()]
        lost, repeated = jobs - len(marks), sum(marks) - len(marks)
        return {"lost": lost, "repeated": repeated, "seconds": seconds}


def _enqueue_and_kill(
    worker: Process, engines: EmbeddedEngines, done: Path, plan: tuple[int, int, int]
) -> None:
    jobs, kills, restarts = plan
    deaths = _deaths(worker, engines, kills, restarts)

    def reached(number: int) -> Callable[[], bool]:
        return lambda: len(list(done.iterdir())) >= number

    with ThreadPoolExecutor(1) as pool:
        enqueued = pool.submit(_enqueue, done, jobs)
        for turn, die in enumerate(deaths, 1):
            wait(reached(jobs * turn // (kills + restarts + 1)))
            die()
        enqueued.result()
        wait(reached(jobs))


def _deaths(
    worker: Process, engines: EmbeddedEngines, kills: int, restarts: int
) -> Iterator[Callable[[], None]]:
    """The kills of the worker with those of the broker between them."""

    def restart() -> None:
        engines.stop("valkey")
        engines.start("valkey")

    of_worker = cycle([lambda: worker.kill(os.killpg), lambda: worker.kill(os.kill)])
    of_broker = cycle([lambda: os.kill(engines.pid("valkey"), signal.SIGKILL), restart])
    for number in range(max(kills, restarts)):
        if number < kills:
            yield next(of_worker)
        if number < restarts:
            yield next(of_broker)


def _enqueue(done: Path, jobs: int) -> None:
    from django.db import connection  # noqa: PLC0415  (it reads the environment)

    from apps.core.jobs import outbox  # noqa: PLC0415
    from bench.note import note  # noqa: PLC0415

    for number in range(jobs):
        outbox.enqueue(note, str(done), number)
        time.sleep(0.01)  # so that things die while jobs are handed over
    connection.close()


def _worker() -> Process:
    counts = dict.fromkeys(_GROUP.queues, 1)
    return Process(*_GROUP.command(counts))


if __name__ == "__main__":
    print(json.dumps(survive(*map(int, sys.argv[1:]))))
