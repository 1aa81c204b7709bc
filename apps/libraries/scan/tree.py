"""The walk over a root, or a part of it, driven by what is known of its folders.

A known folder whose time is the same costs one `stat`; one that changed is listed, and only what
is new below it is walked. Threads do the looking, so that a slow disk is asked for several folders
at once.
"""

import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from apps.libraries.scan.walk import (
    FolderListing,
    WalkIssue,
    WalkRules,
    folder_list,
    folder_time,
    unreadable,
)

FOLDERS_AT_ONCE: Final = 64
"""How many folders a thread looks at before it hands over what it saw."""
_PATIENCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class KnownFolder:
    """A folder as an earlier scan left it; without a time it has to be looked at again."""

    pk: uuid.UUID
    path: str
    mtime_ns: int | None
    signature: str
    companions: Mapping[str, int]
    videos: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    folder: KnownFolder


@dataclass(frozen=True, slots=True)
class Gone:
    """A known folder that is none any more."""

    folder: KnownFolder


Look = Unchanged | Gone | FolderListing | WalkIssue
"""What became of a folder; an issue stands for one that could not be read."""


@contextmanager
def lookers(number: int) -> Iterator[Executor]:
    """Threads that look at folders. At the end nobody waits for one that a dead disk holds."""
    threads = ThreadPoolExecutor(number, "scan")
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class Subtrees:
    """Some folders, each with all that lies below it."""

    def __init__(self) -> None:
        self._tops: set[str] = set()

    def add(self, path: str) -> None:
        self._tops.add(path)

    def covers(self, path: str) -> bool:
        if not self._tops:
            return False
        while path and path not in self._tops:
            path = path.rpartition("/")[0]
        return path in self._tops


class TreeWalk:
    """Looks at the `known` folders, and at those that `add` names while it goes on.

    At most `ahead` pieces of FOLDERS_AT_ONCE folders are looked at before their turn, whatever the
    size of the tree. Without trust in times every folder is listed. `device`: see `folder_list`.
    """

    def __init__(
        self,
        root: str,
        *,
        rules: WalkRules,
        known: Iterator[KnownFolder],
        threads: Executor,
        ahead: int,
        trusts_times: bool,
        device: int | None = None,
    ) -> None:
        self._root = root
        self._rules = rules
        self._known = known
        self._new: list[str] = []
        self._threads = threads
        self._ahead = ahead
        self._trusts_times = trusts_times
        self._device = device

    def add(self, folders: Sequence[str]) -> None:
        """New folders, to be walked next, in this order."""
        self._new.extend(reversed(folders))

    def looks(self) -> Iterator[list[Look] | None]:
        """What became of the folders, a piece at a time; None while the disk keeps one waiting."""
        pending: deque[Future[list[Look]]] = deque()
        while True:
            while len(pending) < self._ahead and (piece := self._next_piece()):
                pending.append(self._threads.submit(self._look_at, piece))
            if not pending:
                return
            if wait([pending[0]], timeout=_PATIENCE).done:
                yield pending.popleft().result()
            else:
                yield None

    def _next_piece(self) -> Sequence[KnownFolder | str]:
        if self._new:
            piece = self._new[: -FOLDERS_AT_ONCE - 1 : -1]
            del self._new[-FOLDERS_AT_ONCE:]
            return piece
        return list(islice(self._known, FOLDERS_AT_ONCE))

    def _look_at(self, folders: Iterable[KnownFolder | str]) -> list[Look]:
        looks = (
            self._new_folder(folder) if isinstance(folder, str) else self._known_folder(folder)
            for folder in folders
        )
        return [look for look in looks if look is not None]

    def _known_folder(self, folder: KnownFolder) -> Look:
        try:
            if self._is_unchanged(folder):
                return Unchanged(folder)
            return self._list(folder.path)
        except (FileNotFoundError, NotADirectoryError) as error:
            # A root that is gone is a disk that is away.
            return Gone(folder) if folder.path else unreadable("", error)
        except OSError as error:
            return unreadable(folder.path, error)

    def _list(self, path: str) -> FolderListing:
        return folder_list(self._root, path, self._rules, device=self._device)

    def _is_unchanged(self, folder: KnownFolder) -> bool:
        if not self._trusts_times or not folder.signature.startswith(self._rules.key):
            return False
        return folder.mtime_ns == folder_time(self._root, folder.path) and all(
            mtime_ns == self._time_of_companion(path)
            for path, mtime_ns in folder.companions.items()
        )

    def _time_of_companion(self, path: str) -> int | None:
        try:
            return folder_time(self._root, path)
        except OSError:  # the listing says what of it
            return None

    def _new_folder(self, path: str) -> Look | None:
        try:
            return self._list(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return unreadable(path, error)


def issues_of(look: Look) -> Sequence[WalkIssue]:
    if isinstance(look, FolderListing):
        return look.issues
    return [look] if isinstance(look, WalkIssue) else []
