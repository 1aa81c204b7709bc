"""One supervised process: started, watched, started again, stopped."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from revenge.masking import mask
from revenge.stack import leftovers, zygote
from revenge.stack.failure import StackError
from revenge.stack.logs import LogFile, LogWriter
from revenge.stack.parts import Part
from revenge.stack.zygote import ForkedProcess, ForkRequest

Process = asyncio.subprocess.Process | ForkedProcess

_POLL = 0.02
_SHOWN_LINES = 15
_LONGEST_LINE = 2000
_LAST_WORDS_SECONDS = 2.0
_MAX_DELAY = 30.0
_MAX_RESTARTS = 5
_RESTART_WINDOW = 60.0
_LAUNCHER = str(Path(__file__).with_name("launcher.py"))


class State(StrEnum):
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class Child:
    """Runs one part. All methods belong to one event loop."""

    def __init__(
        self,
        part: Part,
        *,
        logs: LogWriter,
        changed: Callable[["Child"], None] = lambda _child: None,
        said: Callable[["Child", str], None] = lambda _child, _line: None,
    ) -> None:
        """`changed` hears of every change of `state`, `said` of every line of output."""
        self.part = part
        self.state = State.STOPPED
        self.since = time.time()
        self.pid = 0
        self.started = ""
        self.restarts = 0
        self._log = LogFile(part.log)
        self._logs = logs
        self._changed = changed
        self._said = said
        self._lines: deque[str] = deque(maxlen=_SHOWN_LINES)
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Begin to keep the part running; the task ends after `stop`, or with StackError."""
        self._stopping.clear()
        self._ready.clear()
        self._task = asyncio.create_task(self._keep(), name=self.part.name)
        return self._task

    async def ready(self) -> None:
        """Wait for readiness. Raises StackError when the part gave up or takes too long."""
        if self._task is None:
            raise RuntimeError("ready() before start()")
        waiting = asyncio.create_task(self._ready.wait())
        limit = self.part.start_seconds
        try:
            done, _ = await asyncio.wait(
                {self._task, waiting}, timeout=limit, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if self._task in done:
            self._task.result()
        elif not done:
            msg = f"was not ready after {limit:.0f} seconds"
            raise self._failure(msg)

    async def complete(self) -> None:
        """Run the part once to its end. Raises StackError unless it exits with 0."""
        code = await self._run_once()
        if code and not self._stopping.is_set():
            self._set(State.FAILED)
            raise self._failure(_ended(code))
        self._set(State.STOPPED if self._stopping.is_set() else State.DONE)

    async def stop(self, hasten: asyncio.Event | None = None) -> None:
        """End the process by the part's steps, then by force; at once when `hasten` is set."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            self._set(State.STOPPING)
            for step in self.part.stops:
                _signal(process.pid, step.signal)
                if await _ends_within(process, step.seconds, hasten):
                    break
            leftovers.kill_group(process.pid)
        if self._task is not None:
            await asyncio.wait({self._task})
        if process is not None:
            await _group_is_gone(process.pid)

    async def _keep(self) -> None:
        recent: deque[float] = deque(maxlen=_MAX_RESTARTS)
        while True:
            code = await self._run_once()
            if self._stopping.is_set():
                self._set(State.STOPPED)
                return
            if not self._ready.is_set() and self.part.required:
                self._set(State.FAILED)
                msg = f"{_ended(code)} before it was ready"
                raise self._failure(msg)
            now = time.monotonic()
            while recent and now - recent[0] > _RESTART_WINDOW:
                recent.popleft()
            if len(recent) == _MAX_RESTARTS:
                self._set(State.FAILED)
                msg = f"{_ended(code)} again after {_MAX_RESTARTS} restarts"
                raise self._failure(msg)
            await self._pause(min(_MAX_DELAY, 2.0 ** len(recent)))
            recent.append(time.monotonic())

    async def _pause(self, seconds: float) -> None:
        self._set(State.RESTARTING)
        self.restarts += 1
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _run_once(self) -> int:
        """One life of the process, with everything it started; returns its exit code."""
        if self.part.before_start:
            await asyncio.to_thread(self.part.before_start)
        if self._stopping.is_set():
            return 0
        output, given = os.pipe()
        reading = asyncio.create_task(self._read(open(output, "rb", buffering=0)))  # noqa: SIM115, PTH123, ASYNC230 - the task closes it
        try:
            self._process = process = await self._spawn(given)
        except OSError as error:
            os.write(given, f"could not be started: {error}\n".encode())
            return 1
        finally:
            os.close(given)
        self.pid, self.started = process.pid, leftovers.started(process.pid)
        self._set(State.STARTING)
        if self._stopping.is_set():  # stop() came while there was no process to signal
            leftovers.kill_group(process.pid)
        watching = asyncio.create_task(self._watch(process.pid))
        try:
            code = await process.wait()
        finally:
            watching.cancel()
            leftovers.kill_group(process.pid)
        # A process that has left the group may hold the output open.
        await asyncio.wait({reading}, timeout=_LAST_WORDS_SECONDS)
        reading.cancel()
        self.pid, self.started = 0, ""
        return code

    async def _spawn(self, output: int) -> Process:
        part = self.part
        if part.zygote:
            module, *arguments = part.command[2:]
            request = ForkRequest(part.name, module, arguments, int(part.death_signal))
            return await zygote.fork(part.zygote, request, output)
        ids = (part.account.uid, part.account.gid) if part.account else (-1, -1)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", _LAUNCHER),
            *(str(int(part.death_signal)), str(os.getpid()), str(ids[0]), str(ids[1])),
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            # Not asyncio's own pipe: then wait() would wait for everybody who holds it.
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(part.environment),
            cwd=part.directory,
            start_new_session=True,  # Ctrl-C in the terminal is for the supervisor alone
        )

    async def _watch(self, pid: int) -> None:
        if self.part.ready is None:
            return
        while not await self.part.ready(pid):  # noqa: ASYNC110 - another process is asked
            await asyncio.sleep(_POLL)
        self._become_ready()

    async def _read(self, pipe: BinaryIO) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        unfinished = b""
        try:
            while chunk := await reader.read(65536):
                lines, end, unfinished = (unfinished + chunk).rpartition(b"\n")
                self._wrote(lines + end)
                if len(unfinished) > _LONGEST_LINE:
                    self._wrote(unfinished)
                    unfinished = b""
        finally:
            self._wrote(unfinished)
            transport.close()

    def _wrote(self, output: bytes) -> None:
        if output:
            self._logs.write(self._log, output)
            for line in output.splitlines():
                self._heard(line[:_LONGEST_LINE].decode(errors="replace").rstrip())

    def _heard(self, line: str) -> None:
        self._lines.append(mask(line))
        self._said(self, line)
        pattern = self.part.ready_line
        if pattern and self.state is State.STARTING and pattern.search(line):
            self._become_ready()

    def _become_ready(self) -> None:
        self._set(State.READY)
        self._ready.set()

    def _set(self, state: State) -> None:
        self.state = state
        self.since = time.time()
        self._changed(self)

    def _failure(self, what: str) -> StackError:
        return StackError(f"{self.part.name} {what}; its log is {self.part.log}", self._lines)


async def _group_is_gone(group: int) -> None:
    """What was killed is a zombie until init takes note of it; "stopped" means: nothing is left."""
    deadline = time.monotonic() + _LAST_WORDS_SECONDS
    while leftovers.group_lives(group) and time.monotonic() < deadline:  # noqa: ASYNC110 - as above
        await asyncio.sleep(_POLL)


async def _ends_within(
    process: Process,
    seconds: float,
    hasten: asyncio.Event | None,
) -> bool:
    ending = asyncio.create_task(process.wait())
    waits: set[asyncio.Task[int] | asyncio.Task[bool]] = {ending}
    if hasten:
        waits.add(asyncio.create_task(hasten.wait()))
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    ended = ending.done()
    for waiting in waits:
        waiting.cancel()
    return ended


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
