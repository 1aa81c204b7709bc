"""Who runs a job, and whether that process is known to be gone, without waiting for its lease.

A process is told from a later one with its number by when it began, in clock ticks since the
machine did (field 22 of proc_pid_stat(5)). Numbers mean something only among processes that see
each other: those of one machine since it began, and on Linux of one namespace (a container).
"""

import functools
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_GONE: Final = frozenset("ZX")
"""States of a process that has ended."""


def own(node: str) -> str:
    """How this process, of the worker `node`, signs what it runs."""
    return f"{node}/{os.getpid()}/{_began(os.getpid()) or ''}/{place()}"


@functools.cache
def place() -> str:
    """Of the processes that this one can see; "" when that cannot be told."""
    if sys.platform != "linux":
        return os.uname().nodename
    try:
        seen = f"{_BOOT.read_text()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
    return hashlib.blake2b(seen.encode(), digest_size=8).hexdigest()


def is_dead(holder: str) -> bool:
    """Only of processes that this one would see is it known; of others the lease tells."""
    _node, _, process = holder.partition("/")
    pid, began, where = (process.split("/") + [""] * 3)[:3]
    if not where or where != place():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    now = _began(int(pid))
    if now is None or not began:  # it is there, whatever it is
        return now == ""
    return now != began


def _began(pid: int) -> str | None:
    """None when it cannot be told; "" for a process that has ended and not been waited for."""
    with suppress(OSError):
        # The name, in parentheses, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in _GONE else fields[19]
    return None
