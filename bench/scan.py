"""scan.initial, scan.rescan_100k, scan.touch_one and scan.browse_during."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import quantiles

from bench.figures import Figure, against
from bench.server import Server, server
from revenge.demo.media import make_demo_media
from revenge.stack.testing import embedded_engines, scratch_folder

FILES = 5000
REQUESTS = 400


def run() -> Iterator[Figure]:
    yield from _measured("bench.scans_of_many", names={"postgres", "valkey"})
    yield from _measured("bench.scans_of_new", str(FILES))
    yield _browse_during()


def _measured(module: str, *arguments: str, names: set[str] | None = None) -> Iterator[Figure]:
    """In a process of its own, with engines of its own: Django reads its settings once."""
    options = {} if names is None else {"names": names}
    with scratch_folder() as folder, embedded_engines(folder / "engines", **options) as engines:
        environment = {
            **os.environ,
            **engines.environment,
            "DJANGO_SETTINGS_MODULE": "revenge.settings",
            "REVENGE_DATA_DIR": str(folder / "data"),
            "REVENGE_SECRET_KEY": secrets.token_urlsafe(48),
            "REVENGE_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", module, str(folder / "media"), *arguments]
        answer = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    for line in answer.stdout.splitlines():
        yield Figure(**json.loads(line))


def _browse_during() -> Figure:
    """People look at films while thousands of others are scanned for the first time."""
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=500)
        make_demo_media(folder / "new", count=FILES, seed=2)
        with server(folder / "data", media) as running:
            running.wait_for_films(450)
            token = running.token()
            _milliseconds(running, token, REQUESTS // 4)
            idle = _milliseconds(running, token, REQUESTS // 2)
            (folder / "new").rename(media / "new")
            library, _scan = _latest_scan(running, token)
            body = {"scan_type": "incremental"}
            running.json(f"/api/v1/libraries/{library}/scan", token=token, body=body)
            running.wait_for_films(1000, finished=False)
            during = _milliseconds(running, token, REQUESTS)
            assert _latest_scan(running, token)[1]["status"] == "running", "the scan was too short"
            running.wait_for_films(int(FILES * 0.9))
            idle += _milliseconds(running, token, REQUESTS // 2)
    return against("scan.browse_during", _p95(during), _p95(idle), "ms p95", "ratio <= 2")


def _latest_scan(running: Server, token: str) -> tuple[str, dict[str, str]]:
    listed = running.json("/api/v1/libraries", token=token)
    assert isinstance(listed, dict)
    (library,) = listed["libraries"]
    return library["id"], library["latest_scan"]


def _milliseconds(running: Server, token: str, requests: int) -> list[float]:
    """Of each request for a page of films, one after the other."""
    times = []
    for _ in range(requests):
        begin = time.perf_counter()
        running.json("/api/v1/movies?limit=50", token=token)
        times.append(1000 * (time.perf_counter() - begin))
    return times


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]
