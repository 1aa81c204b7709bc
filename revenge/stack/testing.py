"""The embedded engines without the rest of the stack, for tests and benchmarks."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from revenge.stack import folders as data_folder
from revenge.stack.child import Child
from revenge.stack.engines import postgres, typesense, valkey
from revenge.stack.folders import Folders
from revenge.stack.logs import LogWriter

if TYPE_CHECKING:
    from revenge.stack.parts import Engine

ALL = frozenset({postgres.NAME, valkey.NAME, typesense.NAME})
Call = Callable[[Coroutine[Any, Any, None]], None]


class EmbeddedEngines:
    """Running engines; the names are `postgres`, `valkey` and, where there is one, `typesense`.

    `environment` holds DATABASE_URL, REDIS_URL, TYPESENSE_URL and TYPESENSE_API_KEY. Methods
    block, and belong to one thread at a time.
    """

    def __init__(
        self, call: Call, children: Mapping[str, Child], environment: Mapping[str, str]
    ) -> None:
        self.environment = dict(environment)
        self._call = call
        self._children = children

    def pid(self, name: str) -> int:
        """An engine that is killed starts again."""
        return self._children[name].pid

    def stop(self, name: str) -> None:
        """Stop one engine and wait for its end."""
        self._call(self._children[name].stop())

    def start(self, name: str) -> None:
        """Start a stopped engine at its old address and wait until it is ready."""
        self._call(_start(self._children[name]))


@contextmanager
def embedded_engines(
    data_dir: Path | None = None, *, names: Collection[str] = ALL
) -> Iterator[EmbeddedEngines]:
    """Start the engines with these names on `data_dir`, and stop them at the end.

    Without a folder they use one of their own, which is removed. They do not wait for the disk, so
    a crash of the machine may lose the data. Raises StackError.
    """
    given = nullcontext(data_dir) if data_dir else _temporary_folder()
    with given as folder, _engines_on(folder, names) as engines:
        yield engines


@contextmanager
def _engines_on(data_dir: Path, names: Collection[str]) -> Iterator[EmbeddedEngines]:
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o711)  # for the account that runs PostgreSQL when the tests run as root
    made = data_folder.prepare(data_dir)
    lock = data_folder.lock(data_dir)
    logs = LogWriter()
    children: dict[str, Child] = {}
    try:
        with _loop_in_thread() as loop:

            def call(work: Coroutine[Any, Any, None]) -> None:
                asyncio.run_coroutine_threadsafe(work, loop).result()

            environment: dict[str, str] = {}
            try:
                call(_start_all(made, names, logs, children, environment))
                yield EmbeddedEngines(call, children, environment)
            finally:
                call(_stop_all(children))
    finally:
        logs.close()
        os.close(lock)


async def _start_all(
    made: Folders,
    names: Collection[str],
    logs: LogWriter,
    children: dict[str, Child],
    environment: dict[str, str],
) -> None:
    engines: list[Engine] = []
    if postgres.NAME in names:
        engines.append(await postgres.engine(made, durable=False))
    if valkey.NAME in names:
        engines.append(valkey.engine(made))
    if typesense.NAME in names and (index := await typesense.engine(made)):
        engines.append(index)
    for engine in engines:
        children[engine.part.name] = Child(engine.part, logs=logs)
        environment |= engine.exports
    await asyncio.gather(*map(_start, children.values()))


async def _start(child: Child) -> None:
    child.start()
    await child.ready()


async def _stop_all(children: Mapping[str, Child]) -> None:
    await asyncio.gather(*(child.stop() for child in children.values()))


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="revenge-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread, which lives as long as its children may."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="engines", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder with a short path that PostgreSQL's account may enter too."""
    with tempfile.TemporaryDirectory(prefix="revenge-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
