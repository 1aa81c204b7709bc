"""A running revenge of its own for benchmarks and browser tests, started as a person would."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_TIERS = ("GLOBAL", "AUTH", "MEDIA", "KEY")
UNLIMITED = {f"REVENGE_LIMIT_{tier}": "100000/1000000" for tier in _TIERS}
"""One address asks for more here than any visitor."""
PASSWORD = "bench-Password-9"  # noqa: S105  (of a server on loopback that ends with the run)


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    data: Path
    ready_after: float
    """Seconds from `manage.py up` to the first 200 of /readyz."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def json(self, path: str, *, token: str = "", body: object = None) -> object:
        request = urllib.request.Request(self.url(path))  # noqa: S310  (loopback)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def token(self) -> str:
        body = {"username": "bench", "password": PASSWORD}
        answer = self.json("/api/v1/auth/login", body=body)
        assert isinstance(answer, dict)
        return str(answer["access_token"])

    def wait_for_films(self, count: int, *, finished: bool = True, seconds: float = 600) -> None:
        """Until there are so many, and no scan runs any more if it is to be `finished`."""
        deadline = time.monotonic() + seconds
        token = self.token()
        while time.monotonic() < deadline:
            libraries = self.json("/api/v1/libraries", token=token)
            films = self.json("/api/v1/movies?limit=1", token=token)
            assert isinstance(libraries, dict)
            assert isinstance(films, dict)
            scans = [library.get("latest_scan") or {} for library in libraries["libraries"]]
            is_done = not finished or all(s.get("status") == "completed" for s in scans)
            if films["total"] >= count and is_done:
                return
            time.sleep(0.5)
        raise TimeoutError(f"{count} films were not there after {seconds} s")


@contextmanager
def server(data: Path, media: Path) -> Iterator[Server]:
    """Start on a free port, wait for /readyz, and stop at the end."""
    port = free_port()
    ours = ("REVENGE_", "DATABASE_URL", "REDIS_URL", "TYPESENSE_", "DJANGO_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "REVENGE_DATA_DIR": str(data),
        "REVENGE_MEDIA": str(media),
        "REVENGE_PORT": str(port),
        "REVENGE_ADMIN_USERNAME": "bench",
        "REVENGE_ADMIN_PASSWORD": PASSWORD,
        **UNLIMITED,
    }
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield Server(process, port, data, time.monotonic() - begin)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@contextmanager
def web(running: Server, *, workers: int = 2) -> Iterator[int]:
    """A web server as the stack runs it, with the benchmark's views beside the real routes."""
    port = free_port()
    environment = {
        **os.environ,
        "REVENGE_DATA_DIR": str(running.data),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        **UNLIMITED,
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(workers)),
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


def _wait_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (loopback)
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the server did not become ready")


def free_port() -> int:
    """A free port whose companion for metrics (port + 1000) is free too.

    Below those that Linux gives to outgoing connections: one of them could take it meanwhile.
    """
    while True:
        port = random.randrange(10_000, 31_000)  # noqa: S311  (no secret)
        try:
            for number in (port, port + 1000):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
