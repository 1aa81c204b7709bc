"""Asking the realtime process' application, as granian does."""

import asyncio
from dataclasses import dataclass
from typing import Any

from asgiref.testing import ApplicationCommunicator

from revenge import asgi


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(path: str, *, query: str = "", headers: dict[str, str] | None = None) -> Answer:
    return asyncio.run(_ask(path, query, headers or {}))


async def _ask(path: str, query: str, headers: dict[str, str]) -> Answer:
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": None,
        "server": ("localhost", 80),
    }
    communicator = ApplicationCommunicator(asgi.application, scope)
    await communicator.send_input({"type": "http.request", "body": b"", "more_body": False})
    head = await communicator.receive_output(timeout=60)
    body = await communicator.receive_output(timeout=60)
    await communicator.wait(timeout=60)
    names = {name.decode().lower(): value.decode() for name, value in head["headers"]}
    return Answer(head["status"], names, body["body"])
