"""api.list_ratio: the list of films, against a bare view that sends the same bytes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.figures import Figure, against
from bench.load import Load
from bench.server import PROJECT, UNLIMITED, Server, free_port, server
from revenge.demo.media import make_demo_media
from revenge.stack.testing import scratch_folder

FILMS = 2000


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=FILMS)
        with server(folder / "data", media) as running:
            running.wait_for_films(int(FILMS * 0.9))
            headers = {"Authorization": f"Bearer {running.token()}"}
            with _web(running) as port:
                listed = Load(port, "/api/v1/movies?limit=50", headers)
                bare = Load(port, "/bench/bare-list")
                _warm_up(listed, bare)
                value, baseline = listed.rate(), bare.rate()
            yield against("api.list_ratio", value, baseline, "requests/s", "ratio >= 0.5")


def _warm_up(*loads: Load) -> None:
    for load in loads:
        Load(load.port, load.path, load.headers, seconds=1).rate()


@contextmanager
def _web(running: Server) -> Iterator[int]:
    """A web server as the stack runs it, with the bare view beside the real routes."""
    port = free_port()
    environment = {
        **os.environ,
        "REVENGE_DATA_DIR": str(running.data),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        **UNLIMITED,
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2"),
            *("--blocking-threads", "64", "--host", "127.0.0.1", "--port", str(port)),
            *("--log-level", "warning", "bench.wsgi:application"),
        ],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a line for each request
    )
    try:
        time.sleep(4)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)
