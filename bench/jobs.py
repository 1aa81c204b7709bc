"""core.enqueue, against a bare `send_task`, and core.jobs_survival."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench.figures import Figure, against
from revenge.stack.testing import embedded_engines, scratch_folder

ROUNDS = 20
CALLS = 100
"""Enough that the 5 ms for which the sender waits for more, once a burst, do not count."""


def run() -> Iterator[Figure]:
    yield _measured("enqueue")
    yield _measured("survival")


def _measured(name: str) -> Figure:
    """In a process of its own: Django reads its settings once."""
    command = [sys.executable, "-m", "bench.jobs", name]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return Figure(**json.loads(output.splitlines()[-1]))


def _enqueue() -> Figure:
    with scratch_folder() as folder, embedded_engines(folder) as engines:
        os.environ |= {
            **engines.environment,
            "DJANGO_SETTINGS_MODULE": "revenge.settings",
            "REVENGE_SECRET_KEY": "enqueue-" * 8,
            "REVENGE_DATA_DIR": str(folder),
        }
        import django  # noqa: PLC0415  (it reads the environment)
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        from celery import current_app  # noqa: PLC0415

        from apps.core.jobs import outbox  # noqa: PLC0415
        from apps.core.jobs.sender import sender  # noqa: PLC0415
        from bench.note import note  # noqa: PLC0415

        def bare() -> None:
            current_app.send_task(note.name, ["/", 1], queue="default")

        def ours() -> None:
            outbox.enqueue(note, "/", 1)

        def measured() -> tuple[float, float]:
            # All that was handed over has reached the broker.
            return _seconds(ours, sender().flush), _seconds(bare)

        measured()
        times = [measured() for _ in range(ROUNDS)]
        value, baseline = (median(column) * 1000 for column in zip(*times, strict=True))
        return against("core.enqueue", value, baseline, "ms", "ratio <= 1.5")


def _seconds(call: Callable[[], None], finish: Callable[[], None] = lambda: None) -> float:
    """Of one call, as the mean of a few."""
    begin = time.perf_counter()
    for _ in range(CALLS):
        call()
    finish()
    return (time.perf_counter() - begin) / CALLS


def _survival() -> Figure:
    from bench.survival import survive  # noqa: PLC0415

    result = survive(jobs=1000, kills=5, restarts=2, resend_seconds=60)
    return Figure("core.jobs_survival", result["lost"], "jobs lost", limit="value == 0")


if __name__ == "__main__":
    print({"enqueue": _enqueue, "survival": _survival}[sys.argv[1]]().line())
