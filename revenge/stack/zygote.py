"""The supervisor's side of `revenge.preload`, from which the Python parts are forked."""

import asyncio
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_MESSAGE = 65536


@dataclass(frozen=True, slots=True)
class ForkRequest:
    """Run `python -m module arguments` as the part `name`; `death_signal` is its end when the
    zygote dies."""

    name: str
    module: str
    arguments: list[str]
    death_signal: int


class ForkedProcess:
    """A part that was forked; as much of `asyncio.subprocess.Process` as a Child needs."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end = asyncio.create_task(self._await_end(connection))

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    async def _await_end(self, connection: socket.socket) -> int:
        with connection:
            answer = await asyncio.get_running_loop().sock_recv(connection, MAX_MESSAGE)
        # Without an answer the zygote was killed, and its children with it.
        self.returncode = int(answer) if answer else -9
        return self.returncode


async def fork(zygote: Path, request: ForkRequest, output: int) -> ForkedProcess:
    """Have the zygote at this socket fork a part that writes to `output`.

    Raises OSError while no zygote listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(os.fspath(zygote))
        socket.send_fds(connection, [json.dumps(asdict(request)).encode()], [output])
        connection.settimeout(0)
        answer = await asyncio.get_running_loop().sock_recv(connection, MAX_MESSAGE)
        return ForkedProcess(_pid(answer), connection)
    except BaseException:
        connection.close()
        raise


def _pid(answer: bytes) -> int:
    if not answer:
        raise ConnectionResetError("the zygote has ended")
    return int(answer)
