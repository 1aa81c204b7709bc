"""Starts the parts in order, keeps them running, stops them in reverse order."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path

from revenge.masking import mask
from revenge.stack import leftovers, record
from revenge.stack.applications import Applications, environment_of
from revenge.stack.child import Child
from revenge.stack.config import StackConfig
from revenge.stack.console import Console
from revenge.stack.engines import postgres, typesense, valkey
from revenge.stack.failure import StackError
from revenge.stack.folders import Folders
from revenge.stack.keys import stored_secrets
from revenge.stack.logs import LogWriter
from revenge.stack.parts import Engine, Part

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOTICE = "! "
_PASSED_ON = (
    *("DATABASE_URL", "REDIS_URL", "TYPESENSE_URL", "TYPESENSE_API_KEY"),
    *("REVENGE_DATA_DIR", "REVENGE_PORT"),
)
_INDEX_SECONDS = 20


class Supervisor:
    """One run of the stack on one data folder, which the caller has locked."""

    def __init__(self, config: StackConfig, folders: Folders, console: Console) -> None:
        self._config = config
        self._folders = folders
        self._console = console
        self._logs = LogWriter()
        self._stages: list[list[Child]] = []
        self._notices: list[str] = []
        self._stop = asyncio.Event()
        self._hasten = asyncio.Event()
        self._failure: StackError | None = None

    async def run(self) -> None:
        """Run until a stop signal. Raises StackError when a part fails, with nothing left running.

        The first stop signal stops in order, the second kills.
        """
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        guardian = start_guardian(self._folders)
        try:
            await self._unless_stopped(self._start())
            await self._stop.wait()
        finally:
            await self._stop_parts()
            self._logs.close()
            record.remove(self._folders.data)
            guardian.communicate()
        if self._failure:
            raise self._failure

    async def _start(self) -> None:
        engines = await self._embedded_engines()
        environment = self._environment(engines)
        self._logs.hide(stored_secrets(self._folders.data))
        shutil.rmtree(self._figures, ignore_errors=True)
        record.write_engines_env(self._folders.data, environment)
        figures = (
            {"PROMETHEUS_MULTIPROC_DIR": str(self._figures)} if self._config.metrics_port else {}
        )
        environment = _inherited() | environment | figures
        applications = Applications(self._config, self._folders, environment)
        preload = applications.preload()
        started = self._begin([engine.part for engine in engines] + ([preload] if preload else []))
        # Typesense takes three seconds to elect itself; only readers need it, and not at once.
        index = [child for child in started if child.part.name == typesense.NAME]
        await _all_ready(child for child in started if child not in index)
        await self._prepare(applications.prepare())
        serving = self._begin((applications.web(), applications.realtime()))
        self._begin((*applications.workers(), applications.beat(), applications.watcher()))
        await _all_ready(serving)
        await _all_ready(self._begin((applications.edge(),)))
        await self._wait_for_index(index)
        self._console.address(self._config.address)
        for notice in self._notices:
            self._console.line(notice)

    async def _embedded_engines(self) -> list[Engine]:
        engines: list[Engine] = []
        if self._config.database_url:
            self._console.part(postgres.NAME, "external")
        else:
            engines.append(await postgres.engine(self._folders))
        if self._config.redis_url:
            self._console.part(valkey.NAME, "external")
        else:
            engines.append(valkey.engine(self._folders))
        if self._config.typesense_url:
            self._console.part(typesense.NAME, "external")
        elif index := await typesense.engine(self._folders):
            engines.append(index)
        else:
            remark = "not made for this platform: the database answers searches"
            self._console.part(typesense.NAME, "absent", remark)
        return engines

    def _environment(self, engines: Iterable[Engine]) -> dict[str, str]:
        """What the parts, and commands in other terminals, need to know."""
        config = self._config
        external = {
            "DATABASE_URL": config.database_url,
            "REDIS_URL": config.redis_url,
            "TYPESENSE_URL": config.typesense_url,
            "TYPESENSE_API_KEY": config.typesense_api_key if config.typesense_url else None,
        }
        environment = {name: value for name, value in external.items() if value}
        for engine in engines:
            environment |= engine.exports
        return environment | {
            "REVENGE_DATA_DIR": str(config.data),
            "REVENGE_PORT": str(config.port),
        }

    @property
    def _figures(self) -> Path:
        """Where the parts count; they begin anew with every start."""
        return self._folders.run / "metrics"

    async def _prepare(self, part: Part) -> None:
        child = self._child(part)
        self._stages.append([child])
        await child.complete()

    async def _wait_for_index(self, index: Sequence[Child]) -> None:
        try:
            async with asyncio.timeout(_INDEX_SECONDS):
                await _all_ready(index)
        except TimeoutError:
            self._console.line("  the search index still loads; the database answers meanwhile")

    def _begin(self, parts: Iterable[Part]) -> list[Child]:
        children = [self._child(part) for part in parts]
        self._stages.append(children)
        for child in children:
            child.start().add_done_callback(self._on_end)
        return children

    def _child(self, part: Part) -> Child:
        return Child(part, logs=self._logs, changed=self._on_change, said=self._on_line)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._hasten.set()
        self._stop.set()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._fail(error)

    def _on_change(self, child: Child) -> None:
        self._console.changed(child)
        self._write_state()

    def _on_line(self, child: Child, line: str) -> None:
        self._console.said(child, mask(line))
        if child.part.name == "prepare" and line.startswith(_NOTICE):
            self._notices.append(line.removeprefix(_NOTICE))

    def _write_state(self) -> None:
        parts = tuple(
            record.PartRecord(c.part.name, c.state, c.pid, c.started, c.since, c.restarts)
            for stage in self._stages
            for c in stage
        )
        state = record.StackRecord(os.getpid(), leftovers.boot_id(), self._config.address, parts)
        try:
            record.write_state(self._folders.data, state)
        except OSError as error:
            self._console.line(f"  the state could not be written: {error.strerror}")

    async def _unless_stopped(self, starting: Coroutine[None, None, None]) -> None:
        """Give up starting when a stop is asked for, or a part fails, meanwhile."""
        task = asyncio.create_task(starting)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return
        except (StackError, OSError) as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            known = error if isinstance(error, StackError) else None
            self._failure = known or StackError(f"the stack stops: {error}")
        self._stop.set()

    async def _stop_parts(self) -> None:
        if self._stages:
            self._console.line("\nstopping (Ctrl-C once more kills)")
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop(self._hasten) for child in stage))


async def _all_ready(children: Iterable[Child]) -> None:
    await asyncio.gather(*(child.ready() for child in children))


def _inherited() -> dict[str, str]:
    """This process's environment for the parts.

    Without the `_FILE` forms of what the supervisor has read and passes on by value.
    """
    dropped = {f"{name}_FILE" for name in _PASSED_ON}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return environment_of(kept)


def start_guardian(folders: Folders) -> subprocess.Popen[bytes]:
    """The process that ends what this one leaves when it is killed; ends when its input does."""
    state = record.state_path(folders.data)
    program = [sys.executable, "-I", "-S", leftovers.__file__, str(state), str(os.getpid())]
    # The shell waits: it takes a twentieth of Python's memory.
    wait = "trap '' INT TERM HUP; read -r _; exec \"$@\""
    return subprocess.Popen(
        ["/bin/sh", "-c", wait, "guardian", *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
