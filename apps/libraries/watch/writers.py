"""Whether somebody has a file open to write: a copy that stalls is not complete."""

import fcntl
import os
import signal
from typing import Final

_LEASES: Final = hasattr(fcntl, "F_SETLEASE")


def leases_allow() -> None:
    """To be called once in the main thread. Who opens a file to write while it is leased has the
    kernel send SIGIO, which ends a process that does not expect it."""
    if _LEASES:
        signal.signal(signal.SIGIO, signal.SIG_IGN)


def is_written(path: str) -> bool | None:
    """None when it cannot be told: the file is another account's, or the system knows no leases.

    The kernel grants a lease to read only where nobody can write (fcntl(2), F_SETLEASE).
    """
    if not _LEASES or signal.getsignal(signal.SIGIO) is not signal.SIG_IGN:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False
