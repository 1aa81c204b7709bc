"""The whole stack by `manage.py up`: cold, killed, warm, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from bench.server import free_port
from revenge.stack import engines_env, leftovers, record, stored_secret
from revenge.stack.config import PROJECT
from revenge.stack.record import StackRecord

pytestmark = pytest.mark.stack

PARTS = {
    "postgres",
    "valkey",
    "prepare",
    "web",
    "realtime",
    "worker",
    "worker-bulk",
    "beat",
    "watcher",
    "edge",
}


@dataclass(frozen=True)
class Stack:
    process: subprocess.Popen[str]
    data: Path
    port: int
    output: Path

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def state(self) -> StackRecord:
        state = record.read_state(self.data)
        assert state
        return state

    def pid(self, name: str) -> int:
        return next(part.pid for part in self.state().parts if part.name == name)

    def wait_until_all_ready(self) -> None:
        _wait(lambda: {part.state for part in self.state().parts} == {"ready", "done"})


def _wait(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _environment(data: Path, port: int) -> dict[str, str]:
    kept = ("PATH", "HOME", "COVERAGE_")
    inherited = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    # Empty: the films of the demo library take longer to be made than all of this.
    media = data.parent / "media"
    media.mkdir(exist_ok=True)
    own = {"REVENGE_DATA_DIR": str(data), "REVENGE_PORT": str(port), "REVENGE_MEDIA": str(media)}
    return inherited | own


@contextmanager
def _up(data: Path, port: int) -> Iterator[Stack]:
    output = data.parent / "console"
    with output.open("w", encoding="utf-8") as console:
        process = subprocess.Popen(
            [sys.executable, PROJECT / "manage.py", "up"],
            env=_environment(data, port),
            stdout=console,
            stderr=subprocess.STDOUT,
            text=True,
        )
    stack = Stack(process, data, port, output)
    try:
        _wait(lambda: process.poll() is not None or stack.get("/readyz")[0] == 200, 240)
        assert process.poll() is None, output.read_text(encoding="utf-8")
        yield stack
    finally:
        process.terminate()
        process.wait(60)


def _groups(state: StackRecord) -> list[int]:
    return [part.pid for part in state.parts if part.pid]


def _all_gone(groups: list[int]) -> bool:
    return not any(map(leftovers.group_lives, groups))


def test_the_stack_from_its_first_start_to_its_stop(short_folder: Path) -> None:
    data = short_folder / "data"
    port = free_port()

    with _up(data, port) as stack:
        stack.wait_until_all_ready()
        assert {part.name for part in stack.state().parts} >= PARTS
        console = stack.output.read_text(encoding="utf-8")
        assert f"revenge is at http://localhost:{port}\nMake the first administrator: " in console
        manifest = json.loads((data / "static" / "staticfiles.json").read_text(encoding="utf-8"))
        assert stack.get(f"/static/{next(iter(manifest['paths'].values()))}")[0] == 200

        again = subprocess.run(
            [sys.executable, PROJECT / "manage.py", "up"],
            env=_environment(data, port),
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 1
        assert again.stdout.endswith(f"(process {stack.process.pid})\n")
        psql = [sys.executable, PROJECT / "manage.py", "stack", "psql", "-Atc", "SELECT 6 * 7"]
        run = subprocess.run(
            psql, env=_environment(data, port), capture_output=True, text=True, check=False
        )
        assert run.stdout == "42\n"

        dead = stack.pid("web")
        os.kill(dead, signal.SIGKILL)
        _wait(lambda: stack.pid("web") not in {0, dead})
        stack.wait_until_all_ready()
        assert stack.get("/healthz")[0] == 200

        with psycopg.connect(engines_env(data)["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        groups = _groups(stack.state())
        secret = stored_secret(data, "secret_key")
        stack.process.kill()
        stack.process.wait()
        _wait(lambda: _all_gone(groups))

    with _up(data, port) as stack:
        assert stored_secret(data, "secret_key") == secret
        with psycopg.connect(engines_env(data)["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        stack.wait_until_all_ready()
        groups = _groups(stack.state())
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(60) == 0
    assert _all_gone(groups)
    assert record.read_state(data) is None
    assert engines_env(data) == {}
