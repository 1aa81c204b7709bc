"""A client of server-sent events, and the real realtime process that it asks."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from bench.server import free_port
from tests.core.db import databases
from tests.engines import PROJECT
from tests.waiting import until


@dataclass(frozen=True)
class Received:
    id: str
    event: str
    data: Any


class Listener:
    """Reads a stream in a thread of its own until it ends."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._connection.request("GET", path, headers=dict(headers))
        self._socket = self._connection.sock
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.frames: list[Received] = []
        self.comments: list[str] = []
        self.last_id = ""
        self.has_ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[str]:
        return [frame.event for frame in self.frames]

    def of(self, event: str) -> list[Any]:
        return [frame.data for frame in self.frames if frame.event == event]

    def close(self) -> None:
        with suppress(OSError):  # the server may have closed it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.response.close()
        self._connection.close()

    def _read(self) -> None:
        lines: dict[str, str] = {}
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    self.comments.append(text)
                elif text:
                    name, _, value = text.partition(": ")
                    lines[name] = value
                elif lines:
                    self._take(lines)
                    lines = {}
        except (OSError, http.client.HTTPException):
            pass
        self.has_ended = True

    def _take(self, lines: Mapping[str, str]) -> None:
        self.last_id = lines.get("id", self.last_id)
        if "data" in lines:
            data = json.loads(lines["data"])
            self.frames.append(Received(lines.get("id", ""), lines["event"], data))


@dataclass(frozen=True)
class Realtime:
    port: int
    process: subprocess.Popen[bytes]

    @contextmanager
    def listening(self, query: str = "", **headers: str) -> Iterator[Listener]:
        """A client that is told what happens from now on."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        listener = Listener(self.port, f"/api/v1/events{query}", sent)
        try:
            if listener.status == 200:
                until(lambda: listener.last_id or listener.frames)
            yield listener
        finally:
            listener.close()


@contextmanager
def realtime(**environment: str) -> Iterator[Realtime]:
    """As the stack starts it, on the database of the test."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asginl", "--workers", "1"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers-kill-timeout", "5"),
            *("--no-access-log", "revenge.asgi:application"),
        ],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": databases.address(), **environment},
    )
    try:
        until(lambda: _answers(port))
        yield Realtime(port, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
