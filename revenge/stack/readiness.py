"""Whether a part answers: each probe asks once and takes no longer than two seconds."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Tcp:
    host: str
    port: int


Address = Path | Tcp
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes


async def http_get(
    address: Address, path: str, headers: Mapping[str, str] | None = None
) -> HttpAnswer | None:
    """The answer to one GET; None when nobody answers in time."""
    sent = {"Host": "localhost", **(headers or {})}
    lines = [f"GET {path} HTTP/1.0", *(f"{name}: {value}" for name, value in sent.items())]
    answer = await _exchange(address, "\r\n".join([*lines, "", ""]).encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        return None
    return HttpAnswer(int(words[1]), body)


async def resp_ping(address: Address, password: str) -> bool:
    """Whether a Redis-compatible server takes commands: not while it loads its data."""
    request = f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode()
    return b"+PONG\r\n" in await _exchange(address, request)


async def accepts(address: Address) -> bool:
    """Whether somebody listens."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            _, writer = await _connect(address)
    except (OSError, TimeoutError):
        return False
    _drop(writer)
    return True


async def _exchange(address: Address, request: bytes) -> bytes:
    """Everything the peer answers until it closes; what came so far when that takes too long."""
    answer = bytearray()
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await _connect(address)
            try:
                writer.write(request)
                while chunk := await reader.read(65536):
                    answer += chunk
            finally:
                _drop(writer)
    except (OSError, TimeoutError):
        pass
    return bytes(answer)


async def _connect(address: Address) -> Streams:
    if isinstance(address, Path):
        return await asyncio.open_unix_connection(address)
    return await asyncio.open_connection(address.host, address.port)


def _drop(writer: asyncio.StreamWriter) -> None:
    # Not close() and wait_closed(): that may never return when the other side was quicker.
    writer.transport.abort()
