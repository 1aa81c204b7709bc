"""Events of a folder and all below it, by `watchfiles`.

It watches with notify, whose faults this makes up for (https://docs.rs/notify/8.0.0): a folder
that may not be read ends the search for further ones, the limit of watches is not told of when
others are ignored, and a name that is not UTF-8 is an error that stays. The search itself opens
each folder, which is an event: one with such a name must not be searched for. And it follows links,
wherever they lead: a tree with one that leaves it must not be searched either.
"""

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from apps.libraries.watch import kernel

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

Event = tuple[bool, str]
"""Whether it is new, and the absolute path."""

_ADDED: Final = 1
_STEP_MS: Final = 50
SHORTEST_WAIT: Final = 0.15
"""Seconds. Events are answered at the second step after their coming; a wait that is always
shorter would never tell of any."""
_CLOSED_SECONDS: Final = 1.0
_starting = threading.Lock()
"""Held while a descriptor is opened or closed: the new one is told by its number."""


class ListeningError(Exception):
    """Nothing more is heard of the folder; the message says why."""


class InstanceLimitError(ListeningError):
    """The account has as many inotify instances as it may."""


class _TimeIsUpError(Exception):
    pass


class _Deadline:
    """What `RustNotify.watch` asks at each step. Its own time limit, and its way to be stopped,
    throw away events that come in at that moment; an exception leaves them for the next call."""

    def __init__(self, at: float) -> None:
        self._at = at

    def is_set(self) -> bool:
        if time.monotonic() >= self._at:
            raise _TimeIsUpError
        return False


class Listener:
    """Listens from its making on. Raises ListeningError, also when an event cannot be told."""

    def __init__(self, root: str) -> None:
        self._root = root
        found = kernel.folders(root)
        if not found.readable:
            raise ListeningError(f"{root} cannot be read")
        self.sees_new_folders = not (found.unnameable or found.leaving)
        """Else what is in a new one is only told by a listener that is made after it."""
        # The root finds all others, up to the first that may not be read.
        is_searched = self.sees_new_folders and not found.unreadable
        paths = [root] if is_searched else [root, *found.readable]
        self._notify, self._descriptor = _start(paths, is_deep=self.sees_new_folders)
        self.unreadable = found.unreadable + found.unnameable
        self.watched, self.unwatched = self._watched(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _starting:
            self._notify.close()
            _await_closed(self._descriptor)

    def wait(self, seconds: float) -> list[Event]:
        """What has happened; nothing after so many seconds, SHORTEST_WAIT at least."""
        from watchfiles._rust_notify import WatchfilesRustInternalError  # noqa: PLC0415  (as above)

        deadline = _Deadline(time.monotonic() + max(seconds, SHORTEST_WAIT))
        try:
            changes = self._notify.watch(0, _STEP_MS, 0, deadline)
        except _TimeIsUpError:
            return []
        except (WatchfilesRustInternalError, OSError) as error:
            raise ListeningError(str(error)) from error
        if isinstance(changes, str):  # a signal, which only the main thread gets
            return []
        return [(kind == _ADDED, path) for kind, path in changes]

    def verify(self) -> None:
        """Count anew, when folders have been added."""
        found = kernel.folders(self._root)
        self.unreadable = found.unreadable + found.unnameable
        self.watched, self.unwatched = self._watched(found)

    @property
    def is_flooded(self) -> bool:
        return self._descriptor is not None and kernel.is_flooded(self._descriptor)

    def _watched(self, found: kernel.Folders) -> tuple[int, int]:
        """How many folders the kernel watches, and how many readable ones it did not take."""
        readable = len(found.readable)
        if self._descriptor is None:
            return readable, 0
        watched = kernel.watches(self._descriptor)
        return watched, max(0, readable - watched)


def _await_closed(descriptor: int | None) -> None:
    """A thread closes it a moment later, after which the next one may have its number."""
    until = time.monotonic() + _CLOSED_SECONDS
    while descriptor in kernel.inotify_descriptors() and time.monotonic() < until:
        time.sleep(0.001)


def _start(paths: list[str], *, is_deep: bool) -> tuple["RustNotify", int | None]:
    """The watcher, and its descriptor where the kernel has such."""
    from watchfiles._rust_notify import (  # noqa: PLC0415  (only where something is watched)
        RustNotify,
        WatchfilesRustInternalError,
    )

    with _starting:
        before = kernel.inotify_descriptors()
        try:
            notify = RustNotify(paths, False, False, 0, is_deep, True)  # noqa: FBT003  (by position)
        except WatchfilesRustInternalError as error:
            # EMFILE, which is the process's limit of files otherwise.
            kind = InstanceLimitError if "os error 24" in str(error) else ListeningError
            raise kind(str(error)) from error
        except OSError as error:
            raise ListeningError(str(error)) from error
        return notify, next(iter(kernel.inotify_descriptors() - before), None)
