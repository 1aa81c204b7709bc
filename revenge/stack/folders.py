"""The data folder, and who may use it."""

import fcntl
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from revenge.stack.failure import StackError
from revenge.stack.files import write_atomically

# A unix socket's address holds 104 bytes on macOS; the longest name is PostgreSQL's.
_SOCKET_PATH_BYTES = 100
_LONGEST_SOCKET = "postgres/.s.PGSQL.5432"
# Such paths need no quoting in any engine's configuration or URL.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class Folders:
    """`sockets` is `run`, or a private folder elsewhere when no socket fits below `run`."""

    data: Path
    logs: Path
    run: Path
    sockets: Path


def prepare(data: Path) -> Folders:
    """Make the folders that are missing. Raises StackError."""
    logs, run = data / "logs", data / "run"
    try:
        data.mkdir(parents=True, exist_ok=True)
        for folder in (logs, run):
            folder.mkdir(exist_ok=True)
        run.chmod(_private_mode())
        with tempfile.TemporaryFile(dir=data):
            pass
        return Folders(data=data, logs=logs, run=run, sockets=_sockets(run))
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"the data folder {data} cannot be used: {reason} (REVENGE_DATA_DIR names it)"
        raise StackError(msg) from error


def lock(data: Path) -> int:
    """Hold the data folder for this process until it ends; returns the open file's descriptor.

    Raises StackError when another stack runs on it.
    """
    descriptor = os.open(data / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 32).decode(errors="replace").strip()
        os.close(descriptor)
        msg = f"revenge already runs on {data} (process {owner})"
        raise StackError(msg) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def is_locked(data: Path) -> bool:
    """Whether a stack runs on the data folder."""
    try:
        descriptor = os.open(data / "run" / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def check_media(media: Path) -> None:
    """Raises StackError when REVENGE_MEDIA names no folder that can be read."""
    if not media.exists():
        problem = "does not exist"
    elif not media.is_dir():
        problem = "is not a folder"
    elif not os.access(media, os.R_OK | os.X_OK):
        problem = "cannot be read"
    else:
        return
    msg = f"the media folder {media} {problem} (REVENGE_MEDIA names it)"
    raise StackError(msg)


def _private_mode() -> int:
    # The account that runs PostgreSQL for root has to pass on the way to its own folder.
    return 0o711 if os.geteuid() == 0 else 0o700


def _sockets(run: Path) -> Path:
    if _holds_sockets(run):
        return run
    pointer = run / "sockets"
    if pointer.exists():
        recorded = Path(pointer.read_text(encoding="utf-8").strip())
        if _is_private(recorded):
            return recorded
    folder = Path(tempfile.mkdtemp(prefix="revenge-"))
    if not _holds_sockets(folder):
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="revenge-", dir="/tmp"))
    folder.chmod(_private_mode())
    write_atomically(pointer, f"{folder}\n")
    return folder


def _holds_sockets(folder: Path) -> bool:
    fits = len(os.fsencode(folder / _LONGEST_SOCKET)) <= _SOCKET_PATH_BYTES
    return fits and _PLAIN_PATH.fullmatch(str(folder)) is not None


def _is_private(folder: Path) -> bool:
    """Whether it is our own folder that nobody else can write to, and no link to one."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and status.st_mode & 0o022 == 0
    )
