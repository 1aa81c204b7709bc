"""Ends what a supervisor that was killed left behind.

Each part leads a process group, and the kernel signals its leader when the supervisor dies (see
launcher.py). What a leader started itself may outlive it; so each supervisor has a guardian, which
runs this file as a program when the supervisor has ended, and waits for the groups' end. A new
supervisor does the same before it starts, should the guardian have been killed too.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 5.0
_POLL = 0.05

_HAS_PROC = Path("/proc/self/stat").exists()


def boot_id() -> str:
    """Tells one boot of the machine from the next; empty where it is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def started(pid: int) -> str:
    """When the process began, in the system's own form; empty when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if _HAS_PROC else _started_by_ps(pid)
    # The name in parentheses may hold anything; the start time is the 20th field after it.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _started_by_ps(pid: int) -> str:
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def end(state: Path, *, supervisor: int | None = None, patience: float = PATIENCE) -> None:
    """Wait until the groups in the state file are gone; kill those that stay longer.

    With `supervisor`, only if the file is still of that process. `patience` is in seconds.
    """
    try:
        record = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if record["boot"] != boot_id() or supervisor not in {None, record["supervisor"]}:
        return
    groups = {p["pid"] for p in record["parts"] if p["pid"] and _is_ours(p["pid"], p["started"])}
    deadline = time.monotonic() + patience
    while groups and time.monotonic() < deadline:
        time.sleep(_POLL)
        groups = {group for group in groups if group_lives(group)}
    for group in groups:
        kill_group(group)


def runs(pid: int, argument: str) -> bool:
    """Whether the process lives and was started with `argument`, as a path of its own is."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(argument) in words
    except OSError:
        if _HAS_PROC:
            return False
    command = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return argument in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def stop(pid: int, signals: Iterable[signal.Signals], *, patience: float = PATIENCE) -> None:
    """Send one signal after the other, each after `patience` seconds, until the process is gone."""
    for number in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not started(pid):
                return
            time.sleep(_POLL)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # PermissionError: macOS says so of a group of zombies.
        return


def _is_ours(pid: int, began: str) -> bool:
    # A group keeps its number from being given to a new process, so a group without its leader
    # is still the same group.
    return group_lives(pid) and started(pid) in {"", began}


def _guard(state: Path, supervisor: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()  # ends when the supervisor does
    end(state, supervisor=supervisor)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]), int(sys.argv[2]))
