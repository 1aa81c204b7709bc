"""The edge's routes, against the real Caddy with a small upstream on a unix socket."""

import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import pytest

from bench.server import free_port
from revenge.stack.engines import caddy

CONTENT = bytes(range(256)) * 40


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Upstream:
    """What the next answer is, and what the last request was."""

    reply: Reply = field(default_factory=Reply)
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A connection that the edge breaks off, as it does above the body limit."""


@dataclass
class Edge:
    port: int
    folder: Path
    web: Upstream
    realtime: Upstream

    def request(
        self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {name.replace("__", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def media(self, name: bytes | str, content: bytes = CONTENT) -> Path:
        """Make a film file and let web's next answer point to it."""
        path = self.folder / "media" / os.fsdecode(name)
        path.write_bytes(content)
        self.accelerate(os.fsencode(path))
        return path

    def accelerate(self, path: bytes, **headers: str) -> None:
        target = caddy.MEDIA_PREFIX + quote(path)
        sent = {"X-Accel-Redirect": target, "Content-Type": "video/mp4"}
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        self.web.reply = Reply(headers=sent | extra)


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            upstream.path = self.path
            upstream.headers = dict(self.headers.items())
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            reply = upstream.reply
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_HEAD = do_POST = do_GET  # noqa: N815 - the names are http.server's

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_args: object) -> None: ...

    return Handler


def _serve(path: Path, upstream: Upstream) -> UnixServer:
    server = UnixServer(str(path), _handler(upstream))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def _start_caddy(
    folder: Path, port: int, *, trusted: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    config = caddy.EdgeConfig(
        host="127.0.0.1",
        port=port,
        domain=None,
        static=folder / "static",
        storage=folder / "caddy",
        web=folder / "web.sock",
        realtime=folder / "realtime.sock",
        trusted_proxies=trusted,
    )
    file = folder / f"caddy-{port}.json"
    file.write_text(caddy.configuration(config), encoding="utf-8")
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [caddy.binary(), "run", "--config", file], env=environment, stderr=subprocess.PIPE
    )
    for _ in range(3000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    pytest.fail(process.communicate()[1].decode())


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    folder = Path(tempfile.mkdtemp(prefix="edge-"))  # pytest's own path is too long for a socket
    (folder / "media").mkdir()
    static = folder / "static"
    static.mkdir()
    (static / "app.0123456789ab.css").write_text("a{color:red}" * 200, encoding="utf-8")
    (static / "plain.txt").write_text("plain", encoding="utf-8")
    web, realtime = Upstream(), Upstream()
    servers = [_serve(folder / "web.sock", web), _serve(folder / "realtime.sock", realtime)]
    port = free_port()
    process = _start_caddy(folder, port)
    yield Edge(port, folder, web, realtime)
    _stop(process)
    for server in servers:
        server.shutdown()
        server.server_close()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name",
    [
        "plain.mp4",
        "a film (1999).mp4",
        "100% real.mp4",
        "%2e%2e%2fnot decoded.mp4",
        "what?.mp4",
        "film #1.mp4",
        'it\'s "quoted".mp4',
        "\N{CLAPPER BOARD} 映画.mp4",
        "two\nlines.mp4",
        "{env.HOME}.mp4",
        "{http.request.host}.mp4",
        "The Film {tmdb-603}.mp4",
        "-rf.mp4",
        ".hidden.mp4",
        "index.html",
        "back\\slash.mp4",
        "semi;colon&amp=.mp4",
        "plus+plus.mp4",
        "tab\tand\rreturn.mp4",
        "x" * 251 + ".mp4",
        b"latin-\xe9.mp4",
    ],
)
def test_a_file_of_any_name_is_sent(edge: Edge, name: bytes | str) -> None:
    edge.media(name)
    response, body = edge.request("/films/1/file")
    assert response.status == 200
    assert body == CONTENT
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert "X-Accel-Redirect" not in response.headers


def test_the_headers_of_web_are_kept(edge: Edge) -> None:
    path = edge.media("headers.mp4")
    edge.accelerate(
        os.fsencode(path),
        Content_Disposition="attachment; filename=\"film.mp4\"; filename*=UTF-8''f%C3%A9.mp4",
        Cache_Control="private, max-age=60",
        ETag='"v1"',
        Content_Security_Policy="default-src 'none'",
        X_Content_Type_Options="nosniff",
        X_Request_ID="r-1",
    )
    response, _ = edge.request("/films/1/file")
    for name, value in edge.web.reply.headers.items():
        if name != "X-Accel-Redirect":
            assert response.headers[name] == value
    assert response.headers.get_all("Content-Type") == ["video/mp4"]
    assert response.headers["Last-Modified"]


@pytest.mark.parametrize(
    ("asked", "expected", "content_range"),
    [
        ("bytes=0-99", CONTENT[:100], "bytes 0-99/10240"),
        ("bytes=10000-", CONTENT[10000:], "bytes 10000-10239/10240"),
        ("bytes=-10", CONTENT[-10:], "bytes 10230-10239/10240"),
    ],
)
def test_a_range(edge: Edge, asked: str, expected: bytes, content_range: str) -> None:
    edge.media("range.mp4")
    response, body = edge.request("/f", Range=asked)
    assert response.status == 206
    assert body == expected
    assert response.headers["Content-Range"] == content_range


def test_a_range_beyond_the_end(edge: Edge) -> None:
    edge.media("range.mp4")
    response, _ = edge.request("/f", Range="bytes=99999-")
    assert response.status == 416
    assert response.headers["Content-Range"] == "bytes */10240"


def test_a_range_of_text_is_not_compressed(edge: Edge) -> None:
    path = edge.media("subtitle.vtt", b"WEBVTT\n" * 500)
    edge.accelerate(os.fsencode(path), Content_Type="text/vtt")
    response, body = edge.request("/f", Range="bytes=0-1399", Accept__Encoding="gzip")
    assert response.status == 206
    assert "Content-Encoding" not in response.headers
    assert body == b"WEBVTT\n" * 200


def test_head_has_the_length_and_no_body(edge: Edge) -> None:
    edge.media("head.mp4")
    response, body = edge.request("/f", method="HEAD")
    assert response.status == 200
    assert response.headers["Content-Length"] == "10240"
    assert body == b""


def test_a_known_etag_or_date_is_304(edge: Edge) -> None:
    path = edge.media("etag.mp4")
    edge.accelerate(os.fsencode(path), ETag='"v1"')
    response, body = edge.request("/f", If__None__Match='"v1"')
    assert (response.status, body) == (304, b"")
    dated, _ = edge.request("/f")
    modified = dated.headers["Last-Modified"]
    assert edge.request("/f", If__Modified__Since=modified)[0].status == 304
    assert edge.request("/f", If__None__Match='"v2"')[0].status == 200


def test_if_range_with_an_old_etag_sends_everything(edge: Edge) -> None:
    path = edge.media("ifrange.mp4")
    edge.accelerate(os.fsencode(path), ETag='"v2"')
    response, body = edge.request("/f", Range="bytes=0-9", If__Range='"v1"')
    assert (response.status, body) == (200, CONTENT)


def test_media_is_never_compressed(edge: Edge) -> None:
    edge.media("zeros.mp4", bytes(100_000))
    response, body = edge.request("/f", Accept__Encoding="gzip, zstd")
    assert "Content-Encoding" not in response.headers
    assert body == bytes(100_000)


def test_a_file_that_vanished_is_404_without_its_headers(edge: Edge) -> None:
    path = edge.media("gone.mp4")
    edge.accelerate(os.fsencode(path), Cache_Control="immutable", ETag='"v1"')
    path.unlink()
    response, body = edge.request("/f")
    assert response.status == 404
    assert b"gone" not in body
    assert "ETag" not in response.headers
    assert "Cache-Control" not in response.headers
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_folder_is_404(edge: Edge) -> None:
    (edge.folder / "media" / "index.html").write_bytes(CONTENT)
    edge.accelerate(os.fsencode(edge.folder / "media"))
    assert edge.request("/f")[0].status == 404
    edge.accelerate(os.fsencode(edge.folder / "media") + b"/")
    assert edge.request("/f/")[0].status == 404


@pytest.mark.parametrize(
    "path",
    ["/_media/etc/passwd", "/_media", "/_media/", "//_media/etc/passwd", "/%5Fmedia/etc/passwd"],
)
def test_a_client_cannot_ask_for_media(edge: Edge, path: str) -> None:
    edge.web.reply = Reply(404)
    response, body = edge.request(path)
    assert response.status == 404
    assert b"root:" not in body


def test_a_clients_own_accel_header_does_nothing(edge: Edge) -> None:
    edge.web.reply = Reply(body=b"page")
    response, body = edge.request("/", X__Accel__Redirect="/_media/etc/passwd")
    assert (response.status, body) == (200, b"page")


def test_forwarded_headers_of_a_client_are_replaced(edge: Edge) -> None:
    edge.web.reply = Reply(body=b"page")
    edge.request(
        "/page?a=1",
        X__Forwarded__For="6.6.6.6",
        X_Forwarded_For="6.6.6.6",
        X__Forwarded__Proto="https",
        X__Forwarded__Host="evil.example",
        X__Real__IP="6.6.6.6",
        Forwarded="for=6.6.6.6",
    )
    seen = {name.lower(): value for name, value in edge.web.headers.items()}
    assert edge.web.path == "/page?a=1"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"] == f"127.0.0.1:{edge.port}"
    assert seen["host"] == f"127.0.0.1:{edge.port}"
    assert not {"x-real-ip", "forwarded", "x_forwarded_for"} & set(seen)
    assert "6.6.6.6" not in json.dumps(seen)


def test_a_trusted_proxy_names_the_client(edge: Edge) -> None:
    port = free_port()
    process = _start_caddy(edge.folder, port, trusted=("127.0.0.0/8",))
    try:
        edge.web.reply = Reply()
        outer = Edge(port, edge.folder, edge.web, edge.realtime)
        outer.request("/", X__Forwarded__For="6.6.6.6, 203.0.113.9", X__Forwarded__Proto="https")
    finally:
        _stop(process)
    assert edge.web.headers["X-Forwarded-For"] == "203.0.113.9"
    assert edge.web.headers["X-Forwarded-Proto"] == "https"


def test_events_and_sockets_go_to_realtime(edge: Edge) -> None:
    edge.realtime.reply = Reply(body=b"realtime")
    edge.web.reply = Reply(body=b"web")
    for path in ("/api/v1/events", "/api/v1/events?categories=library", "/ws/syncplay"):
        assert edge.request(path)[1] == b"realtime"
    for path in ("/", "/api/v1/movies", "/wsx"):
        assert edge.request(path)[1] == b"web"


def test_static_files_and_how_long_they_may_be_kept(edge: Edge) -> None:
    hashed, body = edge.request("/static/app.0123456789ab.css", Accept__Encoding="gzip")
    assert hashed.status == 200
    assert gzip.decompress(body).startswith(b"a{color:red}")
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain, body = edge.request("/static/plain.txt")
    assert (plain.headers["Cache-Control"], body) == ("no-cache", b"plain")
    missing, _ = edge.request("/static/missing.0123456789ab.css")
    assert missing.status == 404
    assert "Cache-Control" not in missing.headers
    assert edge.request("/static/")[0].status == 404
    assert b"root:" not in edge.request("/static/../../../../../etc/passwd")[1]
    assert b"root:" not in edge.request("/static/..%2f..%2f..%2f..%2fetc/passwd")[1]


def test_text_is_compressed_and_servers_are_not_named(edge: Edge) -> None:
    page = b"<p>text</p>" * 200
    edge.web.reply = Reply(headers={"Content-Type": "text/html", "Server": "granian"}, body=page)
    response, body = edge.request("/", Accept__Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == page
    assert "Server" not in response.headers
    assert "Via" not in response.headers


def test_a_body_beyond_the_limit_is_refused(edge: Edge) -> None:
    response, _ = edge.request("/", method="POST", body=bytes(caddy.MAX_BODY_BYTES + 1))
    assert response.status == 413


def test_while_web_is_away_clients_are_told_to_come_back(edge: Edge) -> None:
    moved = edge.folder / "web.away"
    (edge.folder / "web.sock").rename(moved)
    try:
        page, text = edge.request("/")
        api, body = edge.request("/api/v1/movies")
    finally:
        moved.rename(edge.folder / "web.sock")
    assert (page.status, api.status) == (503, 503)
    assert page.headers["Retry-After"] == api.headers["Retry-After"] == "2"
    assert text == b"revenge is starting up\n"
    assert json.loads(body) == {"code": 503, "message": "starting up"}
    assert "Server" not in page.headers


def test_a_domain_is_served_by_https_alone(edge: Edge) -> None:
    config = caddy.EdgeConfig(
        host="",
        port=8096,
        domain="films.example",
        static=edge.folder / "static",
        storage=edge.folder / "caddy",
        web=edge.folder / "web.sock",
        realtime=edge.folder / "realtime.sock",
        trusted_proxies=(),
    )
    file = edge.folder / "domain.json"
    file.write_text(caddy.configuration(config), encoding="utf-8")
    command = [caddy.binary(), "validate", "--config", file]
    environment = {"HOME": str(edge.folder), "PATH": os.environ["PATH"]}
    validated = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert validated.returncode == 0, validated.stderr.decode()
    server = json.loads(file.read_text(encoding="utf-8"))["apps"]["http"]["servers"]["edge"]
    assert server["listen"] == [":443"]
    assert server["routes"][0]["match"] == [{"host": ["films.example"]}]
    assert "automatic_https" not in server
