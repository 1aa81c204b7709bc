"""Processes of the jobs, on the database of the test that starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.core.db import databases
from tests.engines import PROJECT


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Python with these arguments, killed at the end of the block."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": databases.address(),
            "DJANGO_SETTINGS_MODULE": "revenge.settings",
        },
    ) as started:
        try:
            yield started
        finally:
            started.kill()
