"""Changed paths, held back until nobody writes to them any more."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from apps.libraries.watch import writers
from apps.libraries.watch.coalescing import ancestors, coalesced
from apps.libraries.watch.interest import Interest, is_partial, is_wanted_file

MOST_PENDING: Final = 2000
"""Changes at once, beyond which the root as a whole has changed. The kernel loses events when
16,384 wait, and does not say of which folders: that many are far from it."""
CLOSED_SECONDS: Final = 0.3
"""A file that nobody can write to any more need not be waited for; but a folder, which may be
renamed yet, and what is gone, which may be on its way to another place."""
HELD_OPEN_SECONDS: Final = 60.0
"""A program may keep a file open for ever that it no longer changes."""
LONGEST_SECONDS: Final = 60.0
"""Then the root is looked at, though things go on changing."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells that a file grows. A folder has no size, and what is gone has no shape."""

    size: int
    mtime_ns: int


FOLDER: Final = Shape(-1, -1)
OTHER: Final = Shape(-2, -2)
"""A link or the like, which no scan looks at."""


@dataclass(slots=True)
class _Pending:
    """As it is since then; `due` is when to look at it again."""

    shape: Shape | None
    since: float
    due: float


class Settling:
    """Times are seconds of one clock that the caller reads; paths are absolute."""

    def __init__(self, interest: Interest, *, quiet: float) -> None:
        """A path has settled when it has stayed the same for `quiet` seconds, a file at once when
        nobody has it open to write, and none that somebody has."""
        self._interest = interest
        self._quiet = quiet
        self._pending: dict[str, _Pending] = {}
        self._flood: _Pending | None = None
        self._flooded_at = 0.0
        self.changed_at = 0.0
        """When what `settled` told last had changed: the first of it."""

    def note(self, path: str, now: float, *, is_new: bool = False) -> None:
        """The path has changed. A new folder may hold what nobody has told of: it was moved here,
        or filled before it was watched."""
        if self._flood is not None:
            self._flood.since, self._flood.due = now, now + self._quiet
            return
        wanted = self._interest.of(path)
        if wanted is None:
            return
        shape = _look(wanted)
        if shape is None and is_partial(wanted):  # complete, or given up
            self.note(wanted.rpartition(".")[0], now)
        elif shape is None or shape == FOLDER or (shape != OTHER and is_wanted_file(wanted)):
            self._pend(wanted, shape, now)
        if is_new and shape == FOLDER:
            for below in islice(_files_below(wanted), MOST_PENDING + 1):
                self.note(below, now)

    def everything(self, now: float) -> None:
        """Nobody knows what has changed."""
        self._pending.clear()
        self._flood = _Pending(None, now, now + self._quiet)
        self._flooded_at = now

    def settled(self, now: float) -> list[str]:
        """What a scan is to look at now; it is told once."""
        if self._flood is not None:
            return self._flood_settled(self._flood, now)
        waiting = list(self._pending.items())
        done = [path for path, one in waiting if self._is_complete(path, one, now)]
        if not done:
            return []
        busy = {above for path in self._pending.keys() - set(done) for above in ancestors(path)}
        for path in busy.intersection(done):
            self._pending[path].due = now + self._quiet
        done = [path for path in done if path not in busy]
        self.changed_at = min((self._pending[path].since for path in done), default=now)
        for path in done:
            del self._pending[path]
        offered = [path for path in done if not _is_placeholder(path)]
        return coalesced(offered, root=self._interest.root, busy=busy)

    @property
    def due_at(self) -> float | None:
        """When to ask again; None when nothing waits."""
        waiting = self._pending.values() if self._flood is None else (self._flood,)
        return min((one.due for one in waiting), default=None)

    def _pend(self, path: str, shape: Shape | None, now: float) -> None:
        self._pending[path] = _Pending(shape, now, now + self._first_look(shape))
        if len(self._pending) > MOST_PENDING:
            self.everything(now)

    def _first_look(self, shape: Shape | None) -> float:
        is_file = shape is not None and shape != FOLDER
        return min(CLOSED_SECONDS, self._quiet) if is_file else self._quiet

    def _is_complete(self, path: str, one: _Pending, now: float) -> bool:
        if now < one.due:
            return False
        shape = _look(path)
        if shape != one.shape:  # writing through a map of memory tells nobody
            self._pending[path] = _Pending(shape, now, now + self._first_look(shape))
            return False
        if shape is None or shape == FOLDER:
            return True
        is_written = writers.is_written(path)
        if is_written is False:
            return True
        since = one.since + (HELD_OPEN_SECONDS if is_written else self._quiet)
        one.due = min(since, now + self._quiet)
        return now >= since

    def _flood_settled(self, flood: _Pending, now: float) -> list[str]:
        if now < flood.due and now - self._flooded_at < LONGEST_SECONDS:
            return []
        self._flood, self.changed_at = None, flood.since
        return [self._interest.root]


def _look(path: str) -> Shape | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return FOLDER
    is_file = stat.S_ISREG(status.st_mode)
    return Shape(status.st_size, status.st_mtime_ns) if is_file else OTHER


def _is_placeholder(path: str) -> bool:
    """A download reserves the name, or the whole of the space, and goes on beside or within it."""
    return any(os.path.lexists(path + suffix) for suffix in (".aria2", ".part"))


def _files_below(folder: str) -> Iterator[str]:
    for place, _folders, files in os.walk(folder):
        for name in files:
            yield f"{place}/{name}"
