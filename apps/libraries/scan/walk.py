"""One folder of a root, read without following links.

What lies in a companion folder (`Subs`, `trailers`, …) of a folder with films is listed with that
folder, because both are understood together.
"""

import bisect
import fnmatch
import hashlib
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Final

from apps.libraries.scan import discs, rules
from apps.libraries.scan.extras import EXTRA_FOLDERS

VERSION: Final = 1
"""Of what a listing takes in: a higher one has every folder listed anew."""
SETTLING_NS: Final = 120 * 10**9
"""So long after its last change a folder is listed again, whatever its time says: a file that
grows in place does not change the time of its folder, and one tick of some file systems' clocks
lasts two seconds."""

# A B-tree entry holds 2,704 bytes, and the paths are unique: the root's (`paths.MAX_ROOT_BYTES`)
# with this one behind it must fit.
_MAX_PATH_BYTES = 2000
_LONGEST_TIME = 2**63 - 1  # what a column holds; file systems know years that it does not
_OF_INTEREST = {
    *rules.VIDEO_EXTENSIONS,
    *rules.SUBTITLE_EXTENSIONS,
    *rules.AUDIO_EXTENSIONS,
    *rules.IMAGE_EXTENSIONS,
    ".nfo",
}
_COMPANIONS = {*EXTRA_FOLDERS, *rules.SUBTITLE_FOLDERS, "extrafanart"}


class WalkProblem(StrEnum):
    UNREADABLE = "unreadable"
    BAD_NAME = "bad_name"
    LINK_OUTSIDE = "link_outside"
    DISC_FOLDER = "disc_folder"
    DISC_IMAGE = "disc_image"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file; `path` is relative to the root, times are nanoseconds.

    A disc's folder counts as one file: the `segments` are those of its main film, relative to the
    root, and size and time are theirs. The inode is 0 where it tells nothing (`folder_list`).
    """

    path: str
    size: int
    mtime_ns: int
    inode: int
    segments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def is_video(self) -> bool:
        return bool(self.segments) or rules.is_video(self.name)


@dataclass(frozen=True, slots=True)
class WalkIssue:
    """Something that the walk could not use; `path` is relative to the root, as the disk has it,
    `detail` what the system said."""

    path: str
    problem: WalkProblem
    detail: str = ""


@dataclass(frozen=True)
class FolderListing:
    """A folder with everything that belongs to it; `files` are in the order of their paths.

    `folders` are those below that stand alone, `companions` the times of those that do not.
    """

    path: str
    mtime_ns: int
    files: tuple[FileEntry, ...]
    folders: tuple[str, ...] = ()
    companions: Mapping[str, int] = field(default_factory=dict)
    issues: tuple[WalkIssue, ...] = ()
    rules_key: str = ""
    looked_at_ns: int = 0

    @cached_property
    def videos(self) -> tuple[FileEntry, ...]:
        return tuple(entry for entry in self.files if entry.is_video)

    @cached_property
    def film_names(self) -> frozenset[str]:
        """What the videos are called (`rules.film_name`)."""
        return frozenset(rules.film_name(PurePosixPath(entry.path)) for entry in self.videos)

    def paths_like(self, beginning: str) -> Iterator[str]:
        """The paths that begin so, of all files."""
        first = bisect.bisect_left(self.files, beginning, key=attrgetter("path"))
        paths = (self.files[place].path for place in range(first, len(self.files)))
        return itertools.takewhile(lambda path: path.startswith(beginning), paths)

    @property
    def signature(self) -> str:
        """Of the files, and of the rules by which they were chosen (64 characters)."""
        digest = hashlib.blake2b(digest_size=24)
        for entry in self.files:
            told = (entry.path, entry.size, entry.mtime_ns, entry.inode, "")
            digest.update("\0".join(map(str, told)).encode())
        return self.rules_key + digest.hexdigest()

    @property
    def trusted_mtime_ns(self) -> int | None:
        """The folder's time of change; None when the same time would not say that nothing has
        changed: it is too recent, or not all could be read."""
        times = [self.mtime_ns, *self.companions.values(), *(file.mtime_ns for file in self.files)]
        is_settled = max(times) + SETTLING_NS <= self.looked_at_ns
        is_whole = all(issue.problem is not WalkProblem.UNREADABLE for issue in self.issues)
        return self.mtime_ns if is_settled and is_whole else None


class WalkRules:
    """What the walk passes by: what is ignored everywhere, and the library's globs."""

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        globs = "|".join(fnmatch.translate(glob) for glob in exclude)
        self._excluded = re.compile(globs) if globs else None
        text = "\0".join((str(VERSION), *exclude))
        self.key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def passes_by(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        if rules.is_ignored_dir(name):
            return True
        return self._excluded is not None and bool(
            self._excluded.match(path) or self._excluded.match(name)
        )


def folder_list(
    root: str, folder: str, walk_rules: WalkRules, *, device: int | None = None
) -> FolderListing:
    """Read a folder and its companions. Raises OSError; NotADirectoryError for a link too.

    Of files of this device (`st_dev`) the inode is told: they can be known by it.
    """
    looked_at_ns = time.time_ns()
    reader = _Reader(root, walk_rules, device)
    # Before the look: what changes meanwhile shows at the next one.
    mtime_ns = folder_time(root, folder)
    folders = reader.read_discs(folder, reader.read(folder))
    if folder and any(entry.is_video for entry in reader.files):
        companions = [path for path in folders if is_companion(path)]
        folders = [path for path in folders if path not in companions]
        reader.read_companions(companions)
    return FolderListing(
        path=folder,
        mtime_ns=mtime_ns,
        files=tuple(sorted(reader.files, key=lambda entry: entry.path)),
        folders=tuple(sorted(folders)),
        companions=reader.companions,
        issues=tuple(reader.issues),
        rules_key=walk_rules.key,
        looked_at_ns=looked_at_ns,
    )


def folder_time(root: str, folder: str) -> int:
    """When the entries of a folder last changed. Raises OSError; only the root may be a link."""
    path = absolute(root, folder)
    status = os.stat(path, follow_symlinks=not folder)  # noqa: PTH116  (for each folder there is)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(folder)
    return _nanoseconds(status)


def is_companion(path: str) -> bool:
    """Whether a folder of that name belongs to the films beside it."""
    return path.rpartition("/")[2].casefold() in _COMPANIONS


def absolute(root: str, path: str) -> str:
    return f"{root}/{path}" if path else root


def printable(path: str) -> str:
    """A path for people: bytes that are not UTF-8 and control characters are escaped."""
    safe = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)


def unreadable(path: str, error: OSError) -> WalkIssue:
    return WalkIssue(path, WalkProblem.UNREADABLE, error.strerror or str(error))


class _Reader:
    def __init__(self, root: str, walk_rules: WalkRules, device: int | None) -> None:
        self.root = root
        self.rules = walk_rules
        self.device = device
        self.files: list[FileEntry] = []
        self.companions: dict[str, int] = {}
        self.issues: list[WalkIssue] = []

    def read(self, folder: str) -> list[str]:
        """Take a folder's files; answers the folders in it. Raises OSError."""
        with os.scandir(absolute(self.root, folder)) as entries:
            listing = list(entries)
        if any(entry.name == rules.IGNORE_MARKER for entry in listing):
            return []
        folders: list[str] = []
        for entry in listing:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                self._take(entry, path, folders)
            except FileNotFoundError:
                continue  # gone between listing and look
            except OSError as error:
                self.issues.append(unreadable(path, error))
        return folders

    def read_discs(self, folder: str, folders: Sequence[str]) -> list[str]:
        """Take the discs among the folders as files; answers the other folders.

        A disc of a set (`Film/Disc 1/BDMV`) is a file of the film's folder.
        """
        parent, name = _names(folder)
        others = []
        for path in folders:
            if rules.is_disc_folder(_names(path)[1]):
                if not rules.is_part_of_set(name, parent):
                    self._disc(path)
            elif not (rules.is_part_of_set(_names(path)[1], name) and self._disc_of_set(path)):
                others.append(path)
        return others

    def _disc_of_set(self, path: str) -> bool:
        """Whether a folder holds a disc; it may come later."""
        try:
            self.companions[path] = folder_time(self.root, path)
            disc = discs.disc_inside(self.root, path)
        except OSError as error:
            self.issues.append(unreadable(path, error))
            return False
        if disc is not None:
            self._disc(disc)
        return disc is not None

    def _disc(self, path: str) -> None:
        try:
            for inner in (path, *discs.folders_inside(self.root, path)):
                self.companions[inner] = folder_time(self.root, inner)
            film = discs.main_film(absolute(self.root, path))
            inode = self._inode(os.stat(absolute(self.root, path)))  # noqa: PTH116
            segments = tuple(f"{path}/{segment.path}" for segment in film.segments)
            before = len(self.files)
            self.read(path)
            inside = [entry for entry in self.files[before:] if _suffix(entry.path) == ".nfo"]
            disc = FileEntry(path, film.size, _storable(film.mtime_ns), inode, segments)
            self.files[before:] = [disc, *inside]
        except OSError as error:
            self.issues.append(unreadable(path, error))
        except discs.DiscError:
            self.issues.append(WalkIssue(path, WalkProblem.DISC_FOLDER))

    def read_companions(self, level: Sequence[str]) -> None:
        """Companion folders, and one level more, for `Subs/<name of the film>/`."""
        for _depth in range(2):
            below: list[str] = []
            for path in level:
                try:
                    self.companions[path] = folder_time(self.root, path)
                    below += self.read(path)
                except OSError as error:
                    self.issues.append(unreadable(path, error))
            level = [path for path in below if not rules.is_disc_folder(_names(path)[1])]

    def _take(self, entry: os.DirEntry[str], path: str, folders: list[str]) -> None:
        """Sort one entry into files and folders, or say what is wrong with it."""
        if self.rules.passes_by(path):
            return
        if entry.is_symlink():
            self._link(path)
        elif entry.is_dir(follow_symlinks=False):
            if self._is_usable(path):
                folders.append(path)
        elif _suffix(path) in rules.DISC_IMAGES:
            self.issues.append(WalkIssue(path, WalkProblem.DISC_IMAGE))
        elif _suffix(path) in _OF_INTEREST and entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            is_sample = rules.is_video(path) and rules.is_sample(entry.name, status.st_size)
            if not is_sample and self._is_usable(path):
                time_ns, inode = _nanoseconds(status), self._inode(status)
                self.files.append(FileEntry(path, status.st_size, time_ns, inode))

    def _inode(self, status: os.stat_result) -> int:
        return status.st_ino if status.st_dev == self.device else 0

    def _is_usable(self, path: str) -> bool:
        problem = _problem(path)
        if problem is not None:
            self.issues.append(problem)
        return problem is None

    def _link(self, path: str) -> None:
        """Links are not followed: what they point at inside of the root is found there anyway."""
        link = Path(self.root) / path
        try:
            is_inside = link.resolve().is_relative_to(self.root)
            is_wanted = link.is_dir() or _suffix(path) in _OF_INTEREST
        except (OSError, RuntimeError):
            return  # a loop
        if is_wanted and not is_inside:
            self.issues.append(WalkIssue(path, WalkProblem.LINK_OUTSIDE))


def _nanoseconds(status: os.stat_result) -> int:
    return _storable(status.st_mtime_ns)


def _storable(time_ns: int) -> int:
    return max(-_LONGEST_TIME, min(time_ns, _LONGEST_TIME))


def _names(path: str) -> tuple[str, str]:
    """What the folder around a path is called, and the path's own name; "" for the root."""
    around, _, name = path.rpartition("/")
    return around.rpartition("/")[2], name


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122  (for each file of a library)


def _problem(path: str) -> WalkIssue | None:
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return WalkIssue(path, WalkProblem.BAD_NAME)
    if length > _MAX_PATH_BYTES:
        return WalkIssue(path, WalkProblem.TOO_LONG)
    return None
