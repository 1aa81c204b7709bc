"""A job that runs until somebody stops it."""

import os
import time
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from apps.core.jobs import tracking
from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare
from revenge.processes import end_with_parent


@declare("tests.long", queue=Queue.BULK, limit=timedelta(seconds=4))
def long(path: str, *, is_deaf: bool = False) -> None:
    """Writes the ids of its process and of one that it started."""
    child = get_context("forkserver").Process(target=_sleep, daemon=True)
    child.start()
    try:
        _run(path, f"{os.getpid()} {child.pid}", is_deaf=is_deaf)
    finally:
        child.kill()


def _sleep() -> None:
    end_with_parent()
    time.sleep(600)


def _run(path: str, text: str, *, is_deaf: bool) -> None:
    written = Path(path).with_suffix(".part")
    written.write_text(text)
    written.rename(path)
    while True:
        try:
            tracking.report(done=0, total=1)
            time.sleep(0.1)
        except Exception:
            if not is_deaf:
                raise
