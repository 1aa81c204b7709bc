"""Processes that are started to share work."""

import multiprocessing
import os
import threading
from contextlib import suppress
from pathlib import Path


def end_with_parent() -> None:
    """Called in a process that multiprocessing has started: it ends when its parent is killed,
    instead of working on beside the next one's."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def give_way(niceness: int) -> None:
    """Have this process, and those that it starts, wait for the processors when others want them
    (1 to 19: how much). It cannot be taken back."""
    os.nice(niceness)
    # Linux may divide the processors among sessions first (sched(7), "The autogroup feature"), and
    # then this counts within one alone; each part of the server has its own.
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))
