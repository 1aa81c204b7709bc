"""auth.login_parallel: how much memory the server takes more while 64 people sign in at once."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.server import PASSWORD, PROJECT, Server, server
from bench.stack import tree
from revenge.stack.testing import scratch_folder

PEOPLE = 64
_MAKE_PEOPLE = f"""
import sys, django
django.setup()
from apps.users import services
for number in range({PEOPLE}):
    services.user_create(
        username=f"bench-{{number}}", email=f"bench-{{number}}@example.org", password=sys.argv[1]
    )
"""


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        media.mkdir()
        with server(folder / "data", media) as running:
            _make_people(running)
            everybody = [f"bench-{number}" for number in range(PEOPLE)]
            _sign_in_all(running, everybody[:8])  # what is loaded once
            for name, people in (
                ("auth.login_parallel", everybody),
                ("auth.login_parallel_one_account", everybody[:1] * PEOPLE),
            ):
                peak, seconds, failed = _measured(running, people)
                yield Figure(name, peak / 2**20, "MiB", limit="value <= 400")
                yield Figure(f"{name}_failed", failed, "sign-ins", limit="value == 0")
                yield Figure(f"{name}_time", seconds, "s")


def _make_people(running: Server) -> None:
    environment = {
        **os.environ,
        "REVENGE_DATA_DIR": str(running.data),
        "DJANGO_SETTINGS_MODULE": "revenge.settings",
    }
    subprocess.run(
        [sys.executable, "-c", _MAKE_PEOPLE, PASSWORD], cwd=PROJECT, env=environment, check=True
    )


def _measured(running: Server, people: list[str]) -> tuple[int, float, int]:
    """The most bytes that the server had more than before, how long it took, and who failed."""
    over = threading.Event()
    before = _memory(running)
    peak = [before]

    def watch() -> None:
        while not over.is_set():
            peak[0] = max(peak[0], _memory(running))
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    failed = _sign_in_all(running, people)
    seconds = time.perf_counter() - begin
    over.set()
    watcher.join()
    return peak[0] - before, seconds, failed


def _sign_in_all(running: Server, people: list[str]) -> int:
    """At once; answers how many failed."""
    start = threading.Barrier(len(people))
    failed: list[str] = []

    def sign_in(name: str) -> None:
        body = json.dumps({"username": name, "password": PASSWORD}).encode()
        request = urllib.request.Request(  # noqa: S310  (loopback)
            running.url("/api/v1/auth/login"), body, {"Content-Type": "application/json"}
        )
        start.wait()
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                answer.read()
        except urllib.error.URLError as error:
            failed.append(f"{name}: {error}")

    threads = [threading.Thread(target=sign_in, args=[name]) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(failed)


def _memory(running: Server) -> int:
    """Bytes of their own of all the server's processes."""
    total = 0
    for pid in tree(running.process.pid):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if found := re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE):
            total += int(found[1]) * 1024
    return total
