"""The parts of compose.yaml, each started by its own command, against real engines.

REVENGE_IMAGE names a folder with `app` and `venv` as the Dockerfile makes them, which
deploy/check-image.sh sets. Otherwise the checkout plays the image.
"""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.server import free_port
from revenge.stack.config import PROJECT
from revenge.stack.testing import embedded_engines, scratch_folder
from tests.deploy import compose

pytestmark = [pytest.mark.stack, pytest.mark.unmeasured]

_IMAGE = os.environ.get("REVENGE_IMAGE")
_PYTHON = f"{_IMAGE}/venv/bin/python" if _IMAGE else sys.executable
_APP = Path(_IMAGE, "app") if _IMAGE else PROJECT
_SERVING = ("web", "realtime", "edge")
_OTHERS = ("worker", "worker-bulk", "beat", "watcher")


@dataclass(frozen=True)
class Containers:
    """Runs commands of services in this machine's network and below one folder.

    `ports` holds the port of each service that listens.
    """

    folder: Path
    ports: Mapping[str, int]

    def start(self, name: str) -> subprocess.Popen[str]:
        service = self._service(name)
        return self._run(service, ["manage.py", *service.fields["command"]])

    def check(self, name: str) -> int:
        """The exit code of the service's health check."""
        service = self._service(name)
        with self._run(service, service.check[1:]) as process:
            process.communicate()
            return process.returncode

    def get(self, path: str) -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers of what the edge answers."""
        address = f"http://127.0.0.1:{self.ports['edge']}{path}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)

    def _service(self, name: str) -> compose.Service:
        return compose.services({"REVENGE_PORT": "80"})[name]

    def _run(self, service: compose.Service, arguments: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [_PYTHON, *(self._here(service.name, word) for word in arguments)],
            cwd=_APP,
            env=self._environment(service),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _environment(self, service: compose.Service) -> dict[str, str]:
        image = {
            "PATH": f"{Path(_PYTHON).parent}:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "REVENGE_DATA_DIR": "/data",
            "TMPDIR": "/tmp",  # noqa: S108 - the container's
        }
        declared = compose.dotenv() | service.fields["environment"]
        environment = image | declared
        return {name: self._here(service.name, value) for name, value in environment.items()}

    def _here(self, service: str, value: str) -> str:
        if value in {"8096", "9096"}:
            return str(self.ports["edge"] + (1000 if value == "9096" else 0))
        if found := re.fullmatch(r"(\S+):8000", value):
            owner = found[1] if found[1] in self.ports else service
            return f"127.0.0.1:{self.ports[owner]}"
        if value == "http://typesense:8108":
            return (self.folder / "typesense_url").read_text()
        return re.sub(r"^(/run/secrets|/data|/media|/metrics|/tmp)\b", rf"{self.folder}\1", value)


@pytest.fixture
def containers() -> Iterator[Containers]:
    with scratch_folder() as folder, embedded_engines(folder / "engines") as engines:
        given = engines.environment
        secrets = folder / "run" / "secrets"
        for made in (secrets, folder / "data", folder / "media", folder / "tmp"):
            made.mkdir(parents=True)
        (secrets / "database_url").write_text(given["DATABASE_URL"])
        (secrets / "redis_url").write_text(given["REDIS_URL"])
        (secrets / "typesense_key").write_text(given.get("TYPESENSE_API_KEY", ""))
        (secrets / "secret_key").write_text("not-a-real-key-" * 4)
        (folder / "typesense_url").write_text(given.get("TYPESENSE_URL", ""))
        yield Containers(folder, {name: free_port() for name in _SERVING})


@contextmanager
def _running(containers: Containers, names: tuple[str, ...]) -> Iterator[None]:
    processes = {name: containers.start(name) for name in names}
    try:
        yield
        for process in processes.values():
            process.terminate()
        for name, process in processes.items():
            output, _ = process.communicate(timeout=120)
            assert process.returncode in {0, -signal.SIGTERM}, f"{name}:\n{output}"
    finally:
        for process in processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_parts_serve_together_and_stop(containers: Containers) -> None:
    with containers.start("prepare") as prepare:
        output, _ = prepare.communicate(timeout=180)
        assert prepare.returncode == 0, output
    assert "! Make the first administrator: http://localhost:80/setup/#" in output

    assert containers.check("web") == 1
    with _running(containers, (*_SERVING, *_OTHERS)):
        for name in (*_SERVING, *_OTHERS):
            _wait(lambda name=name: containers.check(name) == 0)
        status, page, _ = containers.get("/setup/")
        assert status == 200
        (sheet,) = set(re.findall(r'href="(/static/css/base\.[0-9a-f]+\.css)"', page))
        status, _, headers = containers.get(sheet)
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert containers.get("/api/openapi.yaml")[0] == 200
        figures = f"http://127.0.0.1:{containers.ports['edge'] + 1000}/metrics"
        with urllib.request.urlopen(figures, timeout=30) as answer:
            counted = answer.read().decode()
        assert 'revenge_http_requests_total{method="GET",route="/setup/"' in counted
    assert containers.check("worker") != 0
