"""core.middleware_overhead: an empty view with figures and access lines, against one without."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure, against
from bench.load import Load
from bench.server import PROJECT, UNLIMITED, free_port

ROUNDS = 30
OBSERVING = "bench.settings"
BARE = "bench.bare_settings"


def run() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        data = Path(folder)
        with _web(OBSERVING, data) as observed, _web(BARE, data) as bare:
            for port in (observed, bare):
                _rate(port, seconds=2)
            # In turns, so that what else the machine does slows both.
            pairs = [(_rate(observed), _rate(bare)) for _ in range(ROUNDS)]
        value, baseline = (median(rates) for rates in zip(*pairs, strict=True))
        yield against("core.middleware_overhead", value, baseline, "requests/s", "ratio >= 0.75")


def _rate(port: int, seconds: float = 0.5) -> float:
    return Load(port, "/bench/empty", threads=2, seconds=seconds).rate()


@contextmanager
def _web(settings: str, data: Path) -> Iterator[int]:
    """One web process; it needs no engine, because nothing of its view does."""
    port = free_port()
    environment = {
        **os.environ,
        **UNLIMITED,
        "REVENGE_DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": settings,
        "PROMETHEUS_MULTIPROC_DIR": str(data / "metrics"),
        "REVENGE_LOG_FORMAT": "json",
    }
    with (data / f"{settings}.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
                *("--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port)),
                *("--log-level", "warning", "--log-config", "bench/granian-logging.json"),
                "bench.wsgi:application",
            ],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        time.sleep(4)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)
