"""The job that the benchmarks of jobs run."""

import os
import time
from pathlib import Path

from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare

SECONDS = 0.02


@declare("bench.note", queue=Queue.DEFAULT)
def note(folder: str, number: int) -> None:
    """Work for a moment, and leave a mark for each time that it was done."""
    time.sleep(SECONDS)
    descriptor = os.open(Path(folder) / str(number), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, b".")
    os.close(descriptor)
