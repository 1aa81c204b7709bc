"""What the kernel knows of file systems and watches. On other systems than Linux: nothing.

See proc_pid_mountinfo(5), proc_pid_fdinfo(5) and inotify(7).
"""

import fcntl
import os
import re
import struct
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
_LIMITS: Final = Path("/proc/sys/fs/inotify")
# What other machines, or the host of a virtual one, change behind the kernel's back. `fuseblk` is
# a disk of this machine (NTFS, exFAT) and tells of its changes.
_SILENT: Final = frozenset((
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "drvfs", "fuse", "gfs2", "glusterfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf",
    "virtiofs",
))  # fmt: skip
# Where a file keeps its number for good. FUSE and network file systems mostly do as well, but may
# give new ones at each mount; FAT does whenever it has forgotten a file.
_STEADY: Final = frozenset((
    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3", "overlay", "reiserfs",
    "tmpfs", "xfs", "zfs",
))  # fmt: skip
_EVENT_BYTES: Final = 32
"""Of an event of inotify with a short name."""


@dataclass(frozen=True, slots=True)
class Mount:
    path: str
    type: str

    @property
    def is_silent(self) -> bool:
        """Whether changes may come about without an event."""
        return self.type in _SILENT or self.type.startswith("fuse.")


@dataclass(frozen=True, slots=True)
class Folders:
    """Of a tree: those that can be read and named, and those that cannot be read, or have a name
    that is not UTF-8; and the links in it to folders outside."""

    readable: tuple[str, ...]
    unreadable: tuple[str, ...]
    unnameable: tuple[str, ...]
    leaving: tuple[str, ...]


def silent_mounts(root: str) -> list[Mount]:
    """Those without events that hold the root, or lie below it."""
    mounts = _mounts()
    below = [mount for mount in mounts if mount.path != root and _is_within(mount.path, root)]
    return [mount for mount in _nearest(mounts, root) + below if mount.is_silent]


def steady_device(root: str) -> int | None:
    """The `st_dev` of files at and below a root whose inode numbers tell them apart for good; None
    when those of its file system may change, or nothing is known of it."""
    if not any(mount.type in _STEADY for mount in _nearest(_mounts(), root)):
        return None
    try:
        return Path(root).stat().st_dev
    except OSError:
        return None


def holds(mount: Mount, root: str) -> bool:
    return _is_within(root, mount.path)


def folders(root: str) -> Folders:
    readable: list[str] = []
    unreadable: list[str] = []
    unnameable: list[str] = []
    leaving: list[str] = []
    inside = os.path.realpath(root)

    def refused(error: OSError) -> None:
        if isinstance(error, PermissionError):
            unreadable.append(_printable(error.filename))

    for place, names, _ in os.walk(root, onerror=refused):
        readable.append(place)
        unnameable += (_printable(f"{place}/{name}") for name in names if not _is_text(name))
        names[:] = filter(_is_text, names)
        leaving += (path for name in names if _leaves(path := f"{place}/{name}", inside))
    return Folders(tuple(readable), tuple(unreadable), tuple(unnameable), tuple(leaving))


def inotify_descriptors() -> set[int]:
    """This process's."""
    found = set()
    for name in _names("/proc/self/fd"):
        try:
            if "inotify" in os.readlink(f"/proc/self/fd/{name}"):  # noqa: PTH115  (it is no path)
                found.add(int(name))
        except OSError:
            continue  # closed meanwhile
    return found


def watches(descriptor: int) -> int:
    """How many folders an inotify descriptor watches."""
    about = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    return len(re.findall(r"^inotify ", about, re.MULTILINE))


def is_flooded(descriptor: int) -> bool:
    """Whether so many events wait to be read that the kernel may have dropped some."""
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, struct.pack("i", 0))
    (waiting,) = struct.unpack("i", answer)
    most = limit("max_queued_events")
    return most is not None and waiting > most * _EVENT_BYTES // 2


def limit(name: str) -> int | None:
    """`max_user_watches`, `max_user_instances` or `max_queued_events`."""
    try:
        return int((_LIMITS / name).read_text())
    except (OSError, ValueError):
        return None


def enough_watches(more: int) -> int:
    """What `max_user_watches` must be for so many more folders: a power of two, with some room."""
    present = limit("max_user_watches") or 0
    return 1 << (present + 2 * more - 1).bit_length()


def _mounts() -> list[Mount]:
    try:
        # Only the end of a line ends it: a path may hold what Python takes for one too.
        lines = os.fsdecode(_MOUNTS.read_bytes()).split("\n")
    except OSError:
        return []
    return [_mount(line) for line in lines if line]


def _nearest(mounts: Sequence[Mount], root: str) -> list[Mount]:
    """The one that holds the root, if any is known: the longest; of two at one place the later
    lies over the other."""
    holding = [mount for mount in mounts if _is_within(root, mount.path)]
    return sorted(holding, key=lambda mount: len(mount.path))[-1:]


def _mount(line: str) -> Mount:
    place, _, source = line.partition(" - ")
    # Blanks in a path are octal.
    path = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place.split(" ")[4])
    return Mount(path, source.split(" ")[0])


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _leaves(path: str, folder: str) -> bool:
    # No `Path` for each of many thousands of folders.
    return os.path.islink(path) and not _is_within(os.path.realpath(path), folder)  # noqa: PTH114


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def _names(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except OSError:
        return []
