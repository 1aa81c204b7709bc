"""The watcher: a thread for each watched root, and one that asks for scans of what has changed."""

import logging
import queue
import threading
import time
import uuid
from collections import Counter
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, cast

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from apps.core import metrics
from apps.core.db.errors import TransientSqlError
from apps.core.errors import DomainError, InvalidInputError
from apps.libraries import scanning
from apps.libraries.models import Library
from apps.libraries.watch import report, targets, writers
from apps.libraries.watch.notices import Notices
from apps.libraries.watch.report import Mode
from apps.libraries.watch.root_watch import RootWatch
from apps.libraries.watch.targets import Target

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

logger = logging.getLogger(__name__)

_READ_EVERY: Final = 60.0
_RETRY_SECONDS: Final = 5.0

for _mode in Mode:  # so that none of them is unknown where no folder is watched
    metrics.WATCH_ROOTS.labels(_mode)

_Offered = tuple[Target, list[str], float | None]


class _Notice(Enum):
    LIBRARIES_CHANGED = auto()
    STATE_CHANGED = auto()
    STOP = auto()


class Watcher:
    """All that touches the database happens in the thread that calls `run`."""

    def __init__(self, *, is_alone: bool = False) -> None:
        """One that is alone waits for libraries to watch; another ends without them."""
        self._is_alone = is_alone
        self._inbox: queue.SimpleQueue[_Notice | _Offered] = queue.SimpleQueue()
        self._watches: dict[uuid.UUID, RootWatch] = {}
        self._offers: dict[uuid.UUID, set[str]] = {}
        self._changed: dict[uuid.UUID, list[float]] = {}
        self._is_stopping = False
        self._read_at = self._told_at = self._request_at = 0.0

    def run(self) -> None:
        """Until `stop`, or until there is nothing to watch."""
        writers.leases_allow()
        threading.Thread(target=self._hear, name="watch-notices", daemon=True).start()
        while not self._is_stopping:
            now = time.monotonic()
            try:
                self._work(now)
            except DatabaseError as error:
                logger.warning("the database is away, what has changed waits: %s", error)
                self._read_at = self._request_at = now + _RETRY_SECONDS
            finally:
                _close_database()
            if now >= self._told_at:
                self._tell()
                self._told_at = now + report.HEARTBEAT_SECONDS
            self._wait()
        for watch in self._watches.values():
            watch.end()

    def _tell(self) -> None:
        report.tell({pk: watch.state for pk, watch in self._watches.items()})
        modes = Counter(watch.state.mode for watch in self._watches.values())
        for mode in Mode:
            metrics.WATCH_ROOTS.labels(mode).set(modes[mode])
        metrics.WATCH_FOLDERS.set(sum(watch.folders for watch in self._watches.values()))

    def _hear(self) -> None:
        heard = Notices()
        while True:
            if heard.wait(_READ_EVERY):
                self._inbox.put(_Notice.LIBRARIES_CHANGED)

    def stop(self) -> None:
        """May be called in a signal's handler."""
        self._inbox.put(_Notice.STOP)

    def _wait(self) -> None:
        """For whatever comes next, and all that came with it."""
        due = min(self._read_at, self._told_at)
        if self._offers:
            due = min(due, self._request_at)
        try:
            self._take(self._inbox.get(timeout=max(0.0, due - time.monotonic())))
            while True:
                self._take(self._inbox.get_nowait())
        except queue.Empty:
            return

    def _take(self, message: "_Notice | _Offered") -> None:
        match message:
            case _Notice.STOP:
                self._is_stopping = True
            case _Notice.LIBRARIES_CHANGED:
                self._read_at = 0.0
            case _Notice.STATE_CHANGED:
                self._told_at = 0.0
            case (target, paths, changed_at):
                self._offers.setdefault(target.library_id, set()).update(paths)
                if changed_at is not None:
                    self._changed.setdefault(target.library_id, []).append(changed_at)

    def _work(self, now: float) -> None:
        if now >= self._read_at:
            wanted = targets.wanted()
            self._follow(wanted)
            self._is_stopping = self._is_stopping or not (wanted or self._is_alone)
            self._read_at = now + _READ_EVERY
        if now >= self._request_at:
            for library_id in list(self._offers):
                _request(library_id, sorted(self._offers[library_id]))
                del self._offers[library_id]
                for changed_at in self._changed.pop(library_id, ()):
                    metrics.WATCH_SECONDS.observe(time.monotonic() - changed_at)

    def _follow(self, wanted: list[Target]) -> None:
        """Watch these, and no others."""
        by_root = {target.root_id: target for target in wanted}
        for root_id, watch in list(self._watches.items()):
            # A thread may die of what Python's `Exception` is not: a panic in Rust, for one.
            if by_root.get(root_id) != watch.target or not watch.is_alive():
                watch.end()
                del self._watches[root_id]
                self._told_at = 0.0
        for root_id in by_root.keys() - self._watches.keys():
            self._watches[root_id] = RootWatch(
                by_root[root_id],
                offer=lambda *offered: self._inbox.put(offered),
                changed=lambda: self._inbox.put(_Notice.STATE_CHANGED),
            )
            self._watches[root_id].start()


def _request(library_id: uuid.UUID, paths: list[str]) -> None:
    library = Library.objects.filter(pk=library_id, deleted_at=None).first()
    if library is None:
        return
    try:
        scanning.scan_request(library=library, paths=paths)
    except TransientSqlError:  # a domain error too, but what has changed waits
        raise
    except InvalidInputError as error:  # a link leads elsewhere by now: it must not hold up others
        if len(paths) == 1:
            logger.info("%s is not scanned: %s", paths[0], error)
            return
        for path in paths:
            _request(library_id, [path])
    except DomainError as error:  # it was switched off, or its folders changed, meanwhile
        logger.info("%s is not scanned: %s", library, error)


def _close_database() -> None:
    """A connection costs the database a process."""
    connection.close()
    cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).close_pool()
