"""edge.file_ratio: a film through the edge, against Caddy alone on the same file."""

import http.cookiejar
import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from bench.figures import Figure, against
from bench.load import Load
from bench.server import PASSWORD, Server, free_port, server
from revenge.demo.media import make_demo_media
from revenge.stack.engines import caddy
from revenge.stack.testing import scratch_folder

READERS = 16
STALLED = 100
FILM_BYTES = 64 * 2**20


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=10)
        film = _enlarge(media)
        with server(folder / "data", media) as running:
            running.wait_for_films(5)
            cookie = {"Cookie": _session_cookie(running)}
            path = _stream_path(running, film, cookie)
            with _plain_caddy(folder, film.parent) as port:
                plain = Load(port, f"/{quote(film.name)}", threads=READERS)
                baseline = plain.throughput()
            through = Load(running.port, path, cookie, threads=READERS).throughput()
            yield against(
                "edge.file_ratio", through / 2**20, baseline / 2**20, "MiB/s", "ratio >= 0.8"
            )
            with _stalled(running, path, cookie):
                times = [_readyz_seconds(running) for _ in range(20)]
            value = sorted(times)[len(times) // 2] * 1000
            yield Figure("edge.readyz_with_stalled_readers", value, "ms", limit="value <= 50")


def _enlarge(media: Path) -> Path:
    """Give one film the size of a real one: bytes behind the end harm no MP4."""
    film = max(media.rglob("*.mp4"), key=lambda path: path.stat().st_size)
    with film.open("ab") as out:
        # A `free` box, as ISO/IEC 14496-12 has it: players skip it.
        out.write(FILM_BYTES.to_bytes(4, "big") + b"free" + bytes(FILM_BYTES - 8))
    return film


def _stream_path(running: Server, film: Path, headers: dict[str, str]) -> str:
    """The address of the film's bytes, as its player page names it."""
    title = quote(film.stem.partition(" (")[0])
    found = running.json(f"/api/v1/movies/search?query={title}", token=running.token())
    assert isinstance(found, list)
    for movie in found:
        page = urllib.request.Request(  # noqa: S310  (loopback)
            running.url(f"/movies/{movie['id']}/watch/"), headers=headers
        )
        with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310
            address = re.search(r"/stream/[0-9a-f-]{36}/", answer.read().decode())
        if address and _size(running, address[0], headers) == film.stat().st_size:
            return address[0]
    raise LookupError(film)


def _size(running: Server, path: str, headers: dict[str, str]) -> int:
    head = urllib.request.Request(running.url(path), headers=headers, method="HEAD")  # noqa: S310
    with urllib.request.urlopen(head, timeout=10) as answer:  # noqa: S310
        return int(answer.headers["Content-Length"])


def _session_cookie(running: Server) -> str:
    """Sign in as a browser does."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(running.url("/sign-in/"), timeout=10).read().decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    body = f"csrfmiddlewaretoken={quote(token)}&username=bench&password={quote(PASSWORD)}"
    opener.open(running.url("/sign-in/"), body.encode(), timeout=10)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@contextmanager
def _plain_caddy(folder: Path, root: Path) -> Iterator[int]:
    port = free_port()
    handler = {"handler": "file_server", "root": str(root)}
    site = {"listen": [f"127.0.0.1:{port}"], "routes": [{"handle": [handler]}]}
    config = {"admin": {"disabled": True}, "apps": {"http": {"servers": {"plain": site}}}}
    file = folder / "plain.json"
    file.write_text(json.dumps(config))
    process = subprocess.Popen(
        [str(caddy.binary()), "run", "--config", str(file)],
        env={"HOME": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def _stalled(running: Server, path: str, headers: dict[str, str]) -> Iterator[None]:
    """Readers that ask for the film and then read nothing."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    with ExitStack() as stack:
        for _ in range(STALLED):
            reader = stack.enter_context(
                socket.create_connection(("127.0.0.1", running.port), timeout=10)
            )
            reader.sendall(request)
        time.sleep(1)
        yield


def _readyz_seconds(running: Server) -> float:
    begin = time.perf_counter()
    with urllib.request.urlopen(running.url("/readyz"), timeout=10) as answer:  # noqa: S310
        answer.read()
    return time.perf_counter() - begin
