"""Becomes a part of the stack: `launcher.py SIGNAL PARENT UID GID COMMAND…`.

Runs between fork and exec of every part, as a program of its own, because code between the two in
a process with threads may dead-lock. It takes an account without privileges (UID and GID, unless
-1) and asks Linux to send SIGNAL when the supervisor dies, also by kill -9. The account comes
first: changing it would cancel the request.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    death_signal, parent, uid, gid = map(int, arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it died before the request
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"{sys.argv[5]}: {error.strerror}")
