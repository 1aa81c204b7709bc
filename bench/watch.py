"""scan.watch_latency: from the last byte of a copied film to its being listed by the API."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

from bench.figures import Figure
from bench.server import PROJECT, Server, server
from revenge.demo.media import make_demo_media
from revenge.stack.testing import scratch_folder

FILMS = 20
REST_SECONDS = 7.0
"""After which the workers have no processes but their own."""
BLOCK = 64 * 1024
_LIMIT_SECONDS = 60.0


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media, made = folder / "media", folder / "made"
        make_demo_media(media, count=20)
        make_demo_media(made, count=FILMS + 1)
        films = sorted(path for path in made.rglob("*") if path.suffix in {".mkv", ".mp4"})
        with server(folder / "data", media) as running:
            running.wait_for_films(15)
            token = running.token()
            _watch(running)
            warm_up, *counted = films[: FILMS + 1]
            _seconds(running, token, warm_up, media / "Warm Up (1950)")
            times = []
            for number, film in enumerate(counted):
                times.append(_seconds(running, token, film, media / f"Newcomer {number} (1960)"))
                time.sleep(REST_SECONDS)
        p95 = quantiles(times, n=20)[-1]
        yield Figure("scan.watch_latency", p95, "s", limit="value <= 3")


def _watch(running: Server) -> None:
    """Switch watching on where the console would, and let the scan end that it begins with."""
    code = (
        "from apps.libraries import services as s; from apps.libraries.models import Library;"
        " s.library_update(library=Library.objects.get(), changes={'realtime_monitoring': True})"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=PROJECT,
        env={**os.environ, "REVENGE_DATA_DIR": str(running.data)},
        check=True,
    )
    log = running.data / "logs" / "watcher.log"
    while ": watched" not in log.read_text():
        time.sleep(0.1)
    time.sleep(REST_SECONDS)


def _seconds(running: Server, token: str, film: Path, folder: Path) -> float:
    """Copied in blocks, slowly enough that it is seen to grow."""
    title = folder.name.rpartition(" (")[0]
    folder.mkdir()
    target = folder / f"{folder.name}{film.suffix}"
    with film.open("rb") as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, BLOCK)
        copy.flush()
    begin = time.monotonic()
    while time.monotonic() < begin + _LIMIT_SECONDS:
        found = running.json("/api/v1/movies?limit=20", token=token)  # the latest added
        assert isinstance(found, dict)
        if any(movie["title"] == title for movie in found["items"]):
            return time.monotonic() - begin
        time.sleep(0.02)
    raise TimeoutError(f"{title} was not listed")
