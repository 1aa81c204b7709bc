"""What a running server tells of itself: figures, logs, traces, and whether it is ready.

One stack at its most talkative; a person sets it up, signs in and out, fails to, and starts a scan.
"""

import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.server import free_port
from revenge.stack import record
from revenge.stack.config import PROJECT
from tests.stack.otlp import Receiver, receiver

pytestmark = pytest.mark.stack

PASSWORD = "Grey-Heron-Harbour-41"
WRONG_PASSWORD = "Wrong-Heron-Harbour-42"
SCAN_REQUEST = "the-scan-of-the-test"
REQUESTS = "revenge_http_requests_total"


@dataclass
class Flow:
    """A running server, and every secret that was sent to it or came from it."""

    process: subprocess.Popen[str]
    data: Path
    port: int
    traces: Receiver
    console: Path
    secrets: set[str] = field(default_factory=set)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def api(
        self, method: str, path: str, *, body: Any = None, token: str = "", request_id: str = ""
    ) -> tuple[int, Any]:
        request = urllib.request.Request(self.url(path), method=method)  # noqa: S310  (loopback)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if request_id:
            request.add_header("X-Request-ID", request_id)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def login(self, password: str) -> tuple[int, Any]:
        body = {"username": "keeper", "password": password, "device_name": "a test"}
        return self.api("POST", "/api/v1/auth/login", body=body)

    def metrics(self) -> str:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port + 1000}/metrics", timeout=30
        ) as answer:
            return str(answer.read().decode())

    def families(self) -> dict[str, Metric]:
        found = text_string_to_metric_families(self.metrics())
        return {family.name: family for family in found}

    def count(self, name: str, **labels: str) -> float:
        return sum(
            sample.value
            for family in self.families().values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def lines(self, part: str) -> list[dict[str, Any]]:
        text = (self.data / "logs" / f"{part}.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith('{"')]

    def pid(self, name: str) -> int:
        state = record.read_state(self.data)
        assert state
        return next(part.pid for part in state.parts if part.name == name)


def wait_for(condition: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@contextmanager
def running(folder: Path, traces: Receiver) -> Iterator[Flow]:
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if k.startswith(("PATH", "HOME", "COVERAGE_"))}
    films = folder / "films"
    films.mkdir()
    console = folder / "console"
    with console.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, PROJECT / "manage.py", "up"],
            env=kept | {
                "REVENGE_DATA_DIR": str(folder / "data"),
                "REVENGE_PORT": str(port),
                "REVENGE_MEDIA": str(films),
                "REVENGE_LOG_LEVEL": "DEBUG",
                "REVENGE_LOG_FORMAT": "json",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{traces.port}",
                "OTEL_BSP_SCHEDULE_DELAY": "200",
                "REVENGE_LIMIT_AUTH": "off",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
    flow = Flow(process, folder / "data", port, traces, console)
    try:
        wait_for(lambda: process.poll() is not None or "/setup/#" in console.read_text(), 180)
        assert process.poll() is None, console.read_text()
        yield flow
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def flow() -> Iterator[Flow]:
    folder = Path(tempfile.mkdtemp(prefix="ob-"))
    folder.chmod(0o755)
    try:
        with receiver() as traces, running(folder, traces) as started:
            _use(started)
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _use(flow: Flow) -> None:
    _in_the_browser(flow)
    assert flow.login(WRONG_PASSWORD)[0] == 401
    status, pair = flow.login(PASSWORD)
    assert status == 200
    token, refresh = pair["access_token"], pair["refresh_token"]
    assert flow.api("POST", "/api/v1/auth/refresh", body={"refresh_token": refresh})[0] == 200
    unknown = {"refresh_token": f"{uuid.uuid4().hex}.{refresh}"}
    assert flow.api("POST", "/api/v1/auth/refresh", body=unknown)[0] == 401
    assert flow.api("GET", f"/api/v1/users/me?token={token}", token=token)[0] == 200
    assert flow.api("GET", "/api/v1/users/me", token=token + "x")[0] == 401
    status, libraries = flow.api("GET", "/api/v1/libraries", token=token)
    assert status == 200
    address = f"/api/v1/libraries/{libraries['libraries'][0]['id']}/scan"
    wait_for(lambda: not _is_scanning(flow, token))
    wanted = {"scan_type": "full"}
    assert flow.api("POST", address, body=wanted, token=token, request_id=SCAN_REQUEST)[0] == 202
    wait_for(lambda: not _is_scanning(flow, token))
    flow.api("POST", "/api/v1/auth/login", body={"username": "nobody", "password": WRONG_PASSWORD})
    flow.secrets |= {token, refresh, refresh.partition(".")[2], PASSWORD, WRONG_PASSWORD}
    flow.secrets |= {
        path.read_text().strip() for path in (flow.data / "secrets").iterdir() if path.is_file()
    }


def _is_scanning(flow: Flow, token: str) -> bool:
    found = flow.api("GET", "/api/v1/libraries", token=token)[1]["libraries"]
    scans = [library.get("latest_scan") or {} for library in found]
    return any(scan.get("status") in {"pending", "running"} for scan in scans)


def _in_the_browser(flow: Flow) -> None:
    """Set up with the console's token, sign out, fail, sign in."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def send(path: str, **fields: str) -> None:
        page = browser.open(flow.url(path), timeout=30).read().decode()
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert csrf
        flow.secrets.add(csrf[1])
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": csrf[1], **fields}).encode()
        browser.open(flow.url(path), body, timeout=30).read()
        flow.secrets.update(cookie.value for cookie in jar if cookie.value)

    token = re.search(r"/setup/#(\S+)", flow.console.read_text())
    assert token
    flow.secrets.add(token[1])
    send(
        "/setup/",
        token=token[1],
        username="keeper",
        email="keeper@example.org",
        password=PASSWORD,
        password_again=PASSWORD,
    )
    jar.clear()
    send("/sign-in/", username="keeper", password=WRONG_PASSWORD)
    send("/sign-in/", username="keeper", password=PASSWORD)
    assert any(cookie.name == "revenge_session" for cookie in jar)


def test_no_log_holds_a_secret(flow: Flow) -> None:
    assert len(flow.secrets) >= 12
    logs = {path.name: path.read_bytes() for path in (flow.data / "logs").iterdir()}
    assert logs.keys() >= {"web.log", "worker-bulk.log", "beat.log", "prepare.log", "postgres.log"}
    found = [
        (name, secret[:4])
        for name, text in logs.items()
        for secret in flow.secrets
        if secret.encode() in text
    ]
    assert found == []
    assert b"/setup/#***" in logs["prepare.log"]
    assert "DEBUG" in {line["level"].upper() for line in flow.lines("web")}


def test_a_request_leaves_a_line_with_who_and_what(flow: Flow) -> None:
    (line,) = [
        line
        for line in flow.lines("web")
        if line["logger"] == "revenge.access" and line["request_id"] == SCAN_REQUEST
    ]
    assert line["event"] == "request"
    assert line["method"] == "POST"
    assert line["route"] == "/api/v1/libraries/<uuid:library_id>/scan"
    assert line["status"] == 202
    assert re.fullmatch(r"[0-9a-f-]{36}", line["user_id"])
    assert "path" not in line


def test_a_job_carries_the_request_that_started_it(flow: Flow) -> None:
    def said() -> set[str]:
        lines = flow.lines("worker-bulk")
        own = [line for line in lines if line.get("request_id") == SCAN_REQUEST]
        return {line["job_id"] for line in own if line["task"] == "libraries.scan_run"}

    # The scan's row tells of its end a moment before the job does.
    assert len(wait_for(said)) == 1


def test_one_trace_goes_from_the_request_to_the_job(flow: Flow) -> None:
    def traced() -> dict[str, Span] | None:
        by_trace: dict[bytes, dict[str, Span]] = {}
        for service, span in flow.traces.spans:
            by_trace.setdefault(span.trace_id, {})[f"{service} {span.name}"] = span
        wanted = {
            "revenge-web apply_async/libraries.scan_run",
            "revenge-worker run/libraries.scan_run",
        }
        return next(
            (
                spans
                for spans in by_trace.values()
                if wanted <= spans.keys() and any("revenge-web POST" in name for name in spans)
            ),
            None,
        )

    spans = wait_for(traced)
    assert {"SELECT", "UPDATE"} & {name.split()[1] for name in spans}
    run = spans["revenge-worker run/libraries.scan_run"]
    sent = spans["revenge-web apply_async/libraries.scan_run"]
    assert run.parent_span_id == sent.span_id


def test_traces_hold_no_secret_and_begin_with_work(flow: Flow) -> None:
    wait_for(lambda: len(flow.traces.spans) > 20)
    everything = b"".join(flow.traces.bodies)
    # A client that writes a token into its address has published it itself.
    in_address = {secret for secret in flow.secrets if secret.startswith("eyJ")}
    assert not [s[:4] for s in flow.secrets - in_address if s.encode() in everything]
    roots = {span.kind for _, span in flow.traces.spans if not span.parent_span_id}
    assert roots <= {Span.SPAN_KIND_SERVER, Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER}


def test_figures_come_from_all_processes(flow: Flow) -> None:
    assert flow.count(REQUESTS, route="/api/v1/auth/login", status="200") == 1
    assert flow.count(REQUESTS, route="/api/v1/auth/login", status="401") == 2
    attempts = "revenge_auth_attempts_total"
    assert flow.count(attempts, method="password", outcome="success") == 2
    assert flow.count(attempts, method="password", outcome="failure") == 3
    assert flow.count("revenge_sessions_active_total", client="api") == 1
    families = wait_for(lambda: _all_sources(flow))
    heard = {
        s.labels["process"].partition("@")[0]
        for s in families["revenge_jobs_heard_seconds"].samples
    }
    assert heard >= {"worker", "worker-bulk"}
    queues = {s.labels["queue"] for s in families["revenge_jobs_queue_size"].samples}
    assert queues == {"critical", "high", "default", "low", "bulk"}
    assert [s.value for s in families["revenge_library_roots"].samples] == [1.0, 0.0]


def _all_sources(flow: Flow) -> dict[str, Metric] | None:
    families = flow.families()
    samples = families["revenge_scrape_source_up"].samples
    assert {s.labels["source"] for s in samples} == {"jobs", "sessions", "libraries", "films"}
    return families if all(s.value for s in samples) else None


def test_no_label_is_a_path(flow: Flow) -> None:
    text = flow.metrics()
    assert not re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "keeper" not in text


def test_a_killed_part_keeps_its_counts_and_leaves_no_files(flow: Flow) -> None:
    folder = flow.data / "run" / "metrics"
    before = flow.count(REQUESTS, route="/api/v1/auth/login")
    files = len(list(folder.iterdir()))
    for _ in range(2):
        dead = flow.pid("web")
        os.killpg(dead, signal.SIGKILL)
        wait_for(lambda dead=dead: flow.pid("web") not in {0, dead})
        wait_for(lambda: flow.api("GET", "/healthz")[0] == 200)
        assert flow.count(REQUESTS, route="/api/v1/auth/login") == before
    assert len(list(folder.iterdir())) <= files + 4


def test_the_public_port_tells_no_figures(flow: Flow) -> None:
    for path in ("/metrics", "/api/v1/events/../../../metrics", "//metrics", "/ws/../metrics"):
        try:
            with urllib.request.urlopen(flow.url(path), timeout=30) as answer:  # noqa: S310
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode()
        assert REQUESTS not in text
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{flow.port + 1000}/healthz", timeout=30)
    with refused.value as error:
        assert error.code == 404


def test_everything_that_dashboard_and_alerts_name_is_told(flow: Flow) -> None:
    from tests.deploy.test_monitoring import expressions, names_in  # noqa: PLC0415

    families = flow.families()
    told = {
        name
        for family in families.values()
        for name in (
            family.name,
            *(f"{family.name}{end}" for end in ("_total", "_bucket", "_count", "_sum")),
        )
    }
    named = {name for expression in expressions().values() for name in names_in(expression)}
    assert len(named) > 20
    assert named - told - {"up"} == set()


def test_a_database_that_hangs_is_said_at_once(flow: Flow) -> None:
    group = flow.pid("postgres")
    status, body = flow.api("GET", "/readyz")
    assert status == 200, [line for line in flow.lines("web") if line["level"] == "error"][-1]
    postgres = [group, *_children(group)]
    for pid in postgres:
        os.kill(pid, signal.SIGSTOP)
    try:
        status, body = flow.api("GET", "/readyz")
        scraped = flow.metrics()
    finally:
        for pid in postgres:
            os.kill(pid, signal.SIGCONT)
    assert status == 503
    assert body["details"]["database"]["status"] == "unhealthy"
    assert body["details"]["search"]["status"] == "healthy"
    assert all(part["seconds"] < 10 for part in body["details"].values())
    assert REQUESTS in scraped
    wait_for(lambda: flow.api("GET", "/readyz")[0] == 200)


def _children(parent: int) -> list[int]:
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent_of(entry) == parent
    ]


def _parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
