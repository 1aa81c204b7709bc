"""A supervised process, with real processes."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from revenge.stack import child as child_module
from revenge.stack import leftovers
from revenge.stack.child import Child, State
from revenge.stack.failure import StackError
from revenge.stack.logs import LogWriter
from revenge.stack.parts import Part, StopStep

Script = Callable[[Child], Awaitable[None]]


def _part(tmp_path: Path, shell: str, *, required: bool = True, seconds: float = 5) -> Part:
    return Part(
        name="part",
        command=("/bin/sh", "-c", shell),
        environment={"PATH": os.defpath},
        directory=tmp_path,
        log=tmp_path / "part.log",
        stops=(StopStep(signal.SIGTERM, seconds),),
        ready_line=re.compile("^up"),
        required=required,
    )


def _run(part: Part, script: Script) -> Child:
    async def main() -> Child:
        logs = LogWriter()
        child = Child(part, logs=logs)
        try:
            await asyncio.wait_for(script(child), 120)
        finally:
            await child.stop()
            logs.close()
        return child

    return asyncio.run(main())


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the condition is about another process
            await asyncio.sleep(0.01)


def test_a_part_becomes_ready_is_logged_and_stops(tmp_path: Path) -> None:
    seen: list[State] = []

    async def script(child: Child) -> None:
        child._changed = lambda c: seen.append(c.state)
        child.start()
        await child.ready()
        assert os.getpgid(child.pid) == child.pid

    _run(_part(tmp_path, "echo up; exec sleep 60"), script)
    assert seen == [State.STARTING, State.READY, State.STOPPING, State.STOPPED]
    assert (tmp_path / "part.log").read_text(encoding="utf-8") == "up\n"


def test_a_part_that_dies_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_MAX_DELAY", 0.01)
    pids: list[int] = []

    async def script(child: Child) -> None:
        child.start()
        await child.ready()
        pids.append(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        await _until(lambda: child.state is State.READY and child.pid not in {0, pids[0]})
        pids.append(child.pid)

    child = _run(_part(tmp_path, "echo up; exec sleep 60"), script)
    assert len(set(pids)) == 2
    assert child.restarts == 1


def test_the_pauses_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(_child: Child, seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(Child, "_pause", pause)

    async def script(child: Child) -> None:
        with pytest.raises(StackError):
            await child.start()

    _run(_part(tmp_path, "exit 1", required=False), script)
    assert pauses == [1, 2, 4, 8, 16]


def test_a_part_that_keeps_dying_gives_up_with_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_MAX_DELAY", 0.01)

    async def script(child: Child) -> None:
        with pytest.raises(StackError, match="exit code 3 again after 5 restarts") as caught:
            await child.start()
        assert caught.value.details[-1] == "the reason"

    child = _run(_part(tmp_path, "echo the reason; exit 3", required=False), script)
    assert child.state is State.FAILED
    assert child.restarts == 5


def test_a_required_part_that_never_was_ready_fails_at_once(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        with pytest.raises(StackError, match="ended with exit code 3 before it was ready"):
            await child.ready()

    assert _run(_part(tmp_path, "exit 3"), script).restarts == 0


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        with pytest.raises(StackError) as caught:
            await child.ready()
        assert caught.value.details == ("/no/such/program: No such file or directory",)

    part = _part(tmp_path, "")
    missing = Part(
        **{f: getattr(part, f) for f in Part.__slots__} | {"command": ("/no/such/program",)}
    )
    _run(missing, script)


def test_a_part_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        with pytest.raises(StackError, match="not ready after 0 seconds"):
            await child.ready()

    part = _part(tmp_path, "exec sleep 60")
    slow = Part(**{f: getattr(part, f) for f in Part.__slots__} | {"start_seconds": 0.1})
    _run(slow, script)


def test_a_part_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        await child.ready()

    deaf = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    child = _run(_part(tmp_path, deaf, seconds=0.2), script)
    assert child.state is State.STOPPED


def test_a_second_stop_request_does_not_wait(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        await child.ready()
        hasten = asyncio.Event()
        stopping = asyncio.create_task(child.stop(hasten))
        await asyncio.sleep(0.1)
        assert not stopping.done()
        hasten.set()
        await asyncio.wait_for(stopping, 30)

    _run(_part(tmp_path, "trap '' TERM; echo up; while :; do sleep 0.05; done", seconds=60), script)


def test_what_a_part_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_MAX_DELAY", 0.01)
    groups: list[int] = []

    async def script(child: Child) -> None:
        child.start()
        await child.ready()
        groups.append(child.pid)
        os.kill(child.pid, signal.SIGKILL)  # its own child goes on, and holds its output open
        await _until(lambda: child.restarts == 1 and child.pid not in {0, groups[0]})
        await _until(lambda: not leftovers.group_lives(groups[0]))

    _run(_part(tmp_path, "sleep 61 & echo up; wait"), script)
    assert groups


def test_a_part_runs_once_to_its_end(tmp_path: Path) -> None:
    lines: list[str] = []

    async def script(child: Child) -> None:
        child._said = lambda _child, line: lines.append(line)
        await child.complete()

    child = _run(_part(tmp_path, "echo migrated; printf '! open this'; echo"), script)
    assert child.state is State.DONE
    assert lines == ["migrated", "! open this"]


def test_a_part_that_should_end_well_and_does_not(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        with pytest.raises(StackError, match="ended with exit code 4") as caught:
            await child.complete()
        assert "no such table" in caught.value.details

    assert _run(_part(tmp_path, "echo no such table; exit 4"), script).state is State.FAILED


@pytest.mark.skipif(sys.platform != "linux", reason="the request to the kernel is Linux's")
def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    """A supervisor of a part whose own child is deaf to signals is killed with -9."""
    program = Path(__file__).with_name("supervise.py")

    async def main() -> tuple[int, int]:
        supervisor = await asyncio.create_subprocess_exec(
            sys.executable, program, tmp_path, stdout=asyncio.subprocess.PIPE
        )
        assert supervisor.stdout
        group, guardian = map(int, (await supervisor.stdout.readline()).split())
        assert leftovers.group_lives(group)
        supervisor.kill()
        await supervisor.wait()
        return group, guardian

    group, guardian = asyncio.run(main())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not leftovers.group_lives(group) and not leftovers.started(guardian):
            break
        time.sleep(0.05)
    assert not leftovers.group_lives(group)
    assert not leftovers.started(guardian)


def test_a_new_supervisor_ends_what_is_left(tmp_path: Path) -> None:
    """The same, when the guardian was killed too."""

    async def main() -> int:
        supervisor = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name("supervise.py"),
            tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        assert supervisor.stdout
        group, guardian = map(int, (await supervisor.stdout.readline()).split())
        os.kill(guardian, signal.SIGKILL)
        supervisor.kill()
        await supervisor.wait()
        return group

    group = asyncio.run(main())
    assert leftovers.group_lives(group)
    leftovers.end(tmp_path / "run" / "state.json", patience=0.1)
    deadline = time.monotonic() + 60
    while leftovers.group_lives(group) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not leftovers.group_lives(group)


def test_a_process_of_another_start_time_is_left_alone(tmp_path: Path) -> None:
    async def script(child: Child) -> None:
        child.start()
        await child.ready()
        state = tmp_path / "state.json"
        state.write_text(
            f'{{"boot": "{leftovers.boot_id()}", "supervisor": 1,'
            f' "parts": [{{"pid": {child.pid}, "started": "12"}}]}}',
            encoding="utf-8",
        )
        leftovers.end(state, patience=0.1)
        assert leftovers.started(child.pid) == child.started

    _run(_part(tmp_path, "echo up; exec sleep 60"), script)
