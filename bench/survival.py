"""`python -m bench.survival JOBS KILLS RESTARTS SECONDS`: jobs while their worker and their broker
die; prints how many were lost, as JSON.

A real worker, beat, PostgreSQL and Valkey. The worker is killed -9, by turns with all its processes
and without; the broker is by turns killed -9 and stopped. SECONDS is REVENGE_JOBS_RESEND_SECONDS.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Self

from revenge.stack import workers
from revenge.stack.testing import EmbeddedEngines, embedded_engines, scratch_folder

PROJECT = Path(__file__).resolve().parent.parent
_GROUP = next(group for group in workers.GROUPS if "default" in group.queues)
_PATIENCE = 300.0


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
        _migrate()
        done = folder / "done"
        done.mkdir()
        begin = time.monotonic()
        with _Process("revenge.jobs", "beat"), _worker() as worker:
            _enqueue_and_kill(worker, engines, done, (jobs, kills, restarts))
        seconds = time.monotonic() - begin
        marks = [path.stat().st_size for path in done.iterdir()]
        lost, repeated = jobs - len(marks), sum(marks) - len(marks)
        return {"lost": lost, "repeated": repeated, "seconds": seconds}


def _enqueue_and_kill(
    worker: "_Process", engines: EmbeddedEngines, done: Path, plan: tuple[int, int, int]
) -> None:
    jobs, kills, restarts = plan
    deaths = _deaths(worker, engines, kills, restarts)

    def reached(number: int) -> Callable[[], bool]:
        return lambda: len(list(done.iterdir())) >= number

    with ThreadPoolExecutor(1) as pool:
        enqueued = pool.submit(_enqueue, done, jobs)
        for turn, die in enumerate(deaths, 1):
            _wait(reached(jobs * turn // (kills + restarts + 1)))
            die()
        enqueued.result()
        _wait(reached(jobs))


def _deaths(
    worker: "_Process", engines: EmbeddedEngines, kills: int, restarts: int
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


def _migrate() -> None:
    import django  # noqa: PLC0415  (it reads the environment)
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)


class _Process:
    """A process of the stack in a group of its own, until the block ends. Whenever it ends it is
    started again, as the stack does."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", *arguments]
        self._is_over = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep)

    def kill(self, send: Callable[[int, int], None]) -> None:
        """Kill it, or with `os.killpg` all of its group."""
        dead = self._process
        send(dead.pid, signal.SIGKILL)
        _wait(lambda: self._process is not dead)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._process.terminate()
        self._keeper.join(timeout=60)

    def _keep(self) -> None:
        while True:
            self._process.wait()
            if self._is_over.wait(timeout=0.5):
                return
            self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _worker() -> _Process:
    counts = dict.fromkeys(_GROUP.queues, 1)
    return _Process(*_GROUP.command(counts))


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    print(json.dumps(survive(*map(int, sys.argv[1:]))))
