"""Processes of the stack that are killed and started again, for what has to survive that."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from revenge.stack import launcher

PROJECT = Path(__file__).resolve().parent.parent
_PATIENCE = 300.0


def migrate() -> None:
    import django  # noqa: PLC0415  (it reads the environment)
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)


class Process:
    """A process of the stack in a group of its own, until the block ends. Whenever it ends it is
    started again, as the stack does; it ends when this one is killed."""

    def __init__(self, *arguments: str) -> None:
        self._command = [
            *(sys.executable, "-I", "-S", launcher.__file__),
            *(str(int(signal.SIGTERM)), str(os.getpid()), "-1", "-1"),
            *(sys.executable, "-m", *arguments),
        ]
        self._is_over = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep)

    def kill(self, send: Callable[[int, int], None]) -> None:
        """Kill it, or with `os.killpg` all of its group."""
        dead = self._process
        send(dead.pid, signal.SIGKILL)
        wait(lambda: self._process is not dead)

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
            if self._is_over.is_set():  # it has just ended the one before
                self._process.terminate()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
