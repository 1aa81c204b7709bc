"""One part on its own, for containers: the same commands that `up` supervises, over TCP."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from revenge import env
from revenge.stack import config
from revenge.stack.applications import Applications, environment_of
from revenge.stack.failure import StackError
from revenge.stack.folders import Folders
from revenge.stack.readiness import Tcp, accepts, http_get

_NEEDED = {"web": ("web",), "realtime": ("realtime",), "edge": ("web", "realtime")}


def become(name: str, addresses: Mapping[str, Tcp]) -> NoReturn:
    """Replace this process with the part of that name. Raises StackError and EnvError.

    `addresses` says where web and realtime listen: to themselves, and to the edge. What the part
    needs for one run only lies in a temporary folder, so that containers can share a data folder.
    """
    missing = [f"--{needed}" for needed in _NEEDED.get(name, ()) if needed not in addresses]
    if missing:
        raise StackError(f"the part {name} needs {' and '.join(missing)}")
    wanted = config.from_environment()
    run = Path(tempfile.mkdtemp(prefix="revenge-"))
    folders = Folders(data=wanted.data, logs=run, run=run, sockets=run)
    environment = environment_of(os.environ) | {"REVENGE_DATA_DIR": str(wanted.data)}
    part = Applications(wanted, folders, environment, addresses).part(name)
    os.chdir(part.directory)
    os.execve(part.command[0], part.command, dict(part.environment))  # noqa: S606 - no shell


def check(name: str, addresses: Mapping[str, Tcp]) -> int:
    """Exit code 0 when the part that runs in this container can work, for health checks.

    Workers, beat and the watcher are asked by another program, which this process becomes. Raises
    StackError and EnvError.
    """
    match name:
        case "edge":
            answers = _edge_serves(config.from_environment())
        case "web" | "realtime" if name in addresses:
            answers = _serves(addresses[name])
        case "web" | "realtime":
            raise StackError(f"the part {name} needs --{name}")
        case "beat":
            _become_python("-m", "django", "beat_alive")
        case "watcher":
            _become_python("-m", "django", "watcher_alive")
        case _:
            node = f"{name}@{socket.gethostname()}"
            ping = ("inspect", "ping", "--timeout", "5", "--destination", node)
            _become_python("-m", "celery", "-A", "revenge", *ping)
    return 0 if asyncio.run(answers) else 1


async def _edge_serves(wanted: config.StackConfig) -> bool:
    # With a domain it serves HTTPS, and nothing under another name.
    probe = accepts if wanted.domain else _serves
    return await probe(wanted.local_address)


async def _serves(address: Tcp) -> bool:
    names = [name for name in env.csv("REVENGE_ALLOWED_HOSTS", ()) if name != "*"]
    host = names[0].removeprefix(".") if names else "localhost"
    answer = await http_get(address, "/readyz", {"Host": host})
    return answer is not None and answer.status == 200


def _become_python(*arguments: str) -> NoReturn:
    os.chdir(config.PROJECT)
    command = (sys.executable, *arguments)
    os.execve(sys.executable, command, environment_of(os.environ))  # noqa: S606 - no shell
