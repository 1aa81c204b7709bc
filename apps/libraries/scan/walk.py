"""The walk over a root: folder by folder, without following links.

What lies in a companion folder (`Subs`, `trailers`, …) of a folder with films is listed with that
folder, because both are understood together.
"""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from apps.libraries.scan import rules
from apps.libraries.scan.extras import EXTRA_FOLDERS

# A B-tree entry holds 2,704 bytes, and the paths are unique: the root's (`paths.MAX_ROOT_BYTES`)
# with this one behind it must fit.
_MAX_PATH_BYTES = 2000
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
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file; `path` is relative to the root, times are nanoseconds."""

    path: str
    size: int
    mtime_ns: int
    inode: int

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class FolderListing:
    """A folder with at least one video file, and everything that belongs to it."""

    path: str
    mtime_ns: int
    files: tuple[FileEntry, ...]

    @property
    def videos(self) -> list[FileEntry]:
        return [entry for entry in self.files if rules.is_video(entry.name)]

    @property
    def signature(self) -> str:
        digest = hashlib.blake2b(digest_size=32)
        for entry in self.files:
            digest.update(f"{entry.path}\0{entry.size}\0{entry.mtime_ns}\0".encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class WalkIssue:
    """Something that the walk could not use; `path` is relative to the root, as the disk has it."""

    path: str
    problem: WalkProblem
    message: str


def walk(
    root: Path, *, exclude: Sequence[str] = (), visiting: Callable[[], None] = lambda: None
) -> Iterator[FolderListing | WalkIssue]:
    """Every folder with films below `root`, and every problem met on the way to it before it.

    `visiting` is called for each folder, films or not.
    """
    yield from _Walk(root, exclude, visiting).run()


def printable(path: str) -> str:
    """A path for people: bytes that are not UTF-8 and control characters are escaped."""
    safe = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)


class _Walk:
    def __init__(self, root: Path, exclude: Sequence[str], visiting: Callable[[], None]) -> None:
        self.root = root
        self.exclude = exclude
        self.visiting = visiting

    def run(self) -> Iterator[FolderListing | WalkIssue]:
        pending = [""]
        while pending:
            folder = pending.pop()
            self.visiting()
            files: list[FileEntry] = []
            folders: list[str] = []
            try:
                mtime_ns = (self.root / folder).stat().st_mtime_ns
                yield from self._scan(folder, files, folders)
            except OSError as error:
                yield _unreadable(folder, error)
                continue
            if any(rules.is_video(entry.name) for entry in files):
                companions = [path for path in folders if folder and _is_companion(_name(path))]
                folders = [path for path in folders if path not in companions]
                for companion in companions:
                    yield from self._companion(companion, files)
                files.sort(key=lambda entry: entry.path)
                yield FolderListing(folder, mtime_ns, tuple(files))
            pending.extend(sorted(folders, reverse=True))

    def _companion(self, folder: str, files: list[FileEntry]) -> Iterator[WalkIssue]:
        """Add a companion folder's files; one level more, for `Subs/<name of the film>/`."""
        level = [folder]
        for _depth in range(2):
            below: list[str] = []
            for path in level:
                try:
                    yield from self._scan(path, files, below)
                except OSError as error:
                    yield _unreadable(path, error)
            level = below

    def _scan(self, folder: str, files: list[FileEntry], folders: list[str]) -> Iterator[WalkIssue]:
        with os.scandir(self.root / folder) as entries:
            listing = list(entries)
        if any(entry.name == rules.IGNORE_MARKER for entry in listing):
            return
        for entry in listing:
            path = f"{folder}/{entry.name}" if folder else entry.name
            issue = self._take(entry, path, files, folders)
            if issue:
                yield issue

    def _take(
        self, entry: os.DirEntry[str], path: str, files: list[FileEntry], folders: list[str]
    ) -> WalkIssue | None:
        """Sort one entry into files and folders, or say what is wrong with it."""
        if self._is_excluded(entry.name, path):
            return None
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None  # gone between listing and look
        except OSError as error:
            return _unreadable(path, error)
        if stat.S_ISLNK(status.st_mode):
            return self._link(path)
        is_folder = stat.S_ISDIR(status.st_mode)
        is_film = stat.S_ISREG(status.st_mode) and _is_of_interest(entry.name, status.st_size)
        problem = _problem(entry.name, path) if is_folder or is_film else None
        if problem is None and is_folder:
            folders.append(path)
        elif problem is None and is_film:
            files.append(FileEntry(path, status.st_size, status.st_mtime_ns, status.st_ino))
        return problem

    def _is_excluded(self, name: str, path: str) -> bool:
        return rules.is_ignored_dir(name) or any(
            fnmatch.fnmatch(path, glob) or fnmatch.fnmatch(name, glob) for glob in self.exclude
        )

    def _link(self, path: str) -> WalkIssue | None:
        """Links are not followed: what they point at inside of the root is found there anyway."""
        link = self.root / path
        try:
            is_inside = link.resolve().is_relative_to(self.root)
            is_wanted = link.is_dir() or PurePosixPath(path).suffix.lower() in _OF_INTEREST
        except (OSError, RuntimeError):
            return None  # a loop
        if is_inside or not is_wanted:
            return None
        message = "The link leaves the library's folder; it is not followed"
        return WalkIssue(path, WalkProblem.LINK_OUTSIDE, message)


def _is_companion(name: str) -> bool:
    return name.casefold() in _COMPANIONS


def _is_of_interest(name: str, size: int) -> bool:
    is_sample = rules.is_video(name) and rules.is_sample(name, size)
    return not is_sample and PurePosixPath(name).suffix.lower() in _OF_INTEREST


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _unreadable(path: str, error: OSError) -> WalkIssue:
    return WalkIssue(path, WalkProblem.UNREADABLE, error.strerror or str(error))


def _problem(name: str, path: str) -> WalkIssue | None:
    if name.casefold() in rules.DISC_FOLDERS:
        return WalkIssue(path, WalkProblem.DISC_FOLDER, "Disc folders are not read yet")
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        message = "The name is not valid UTF-8: rename it"
        return WalkIssue(path, WalkProblem.BAD_NAME, message)
    if length > _MAX_PATH_BYTES:
        return WalkIssue(path, WalkProblem.TOO_LONG, "The path is too long")
    return None
