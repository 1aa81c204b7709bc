"""Files that are no longer there. Their rows stay, with all that hangs on them.

Nothing is decided before a root was walked to its end: a disk that is not there must not empty a
library, whether its films lie in folders of their own or all in one.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apps.core.db.transactions import transaction
from apps.libraries import safety
from apps.libraries.models import FileState, LibraryRoot, MediaFile, MediaFolder
from apps.libraries.reasons import RootReason
from apps.libraries.scan import folders
from apps.libraries.scan.comparing import FolderWork
from apps.libraries.scan.walk import FolderListing, WalkRules, folder_list


@dataclass
class Departures:
    """What a walk over a root, or a part of it, has not found again. `tick` is called before each
    look at the disk."""

    root: LibraryRoot
    scan_began: datetime
    rules: WalkRules
    tick: Callable[[], None]
    _files: dict[uuid.UUID, tuple[uuid.UUID, str]] = field(default_factory=dict)
    _folders: dict[str, uuid.UUID] = field(default_factory=dict)
    _deferred: dict[MediaFolder, FolderListing | None] = field(default_factory=dict)

    def note(self, work: FolderWork) -> None:
        """Files that are gone from a folder that is still there."""
        if work.gone:
            self._files |= {file.pk: (file.folder_id, file.path) for file in work.gone}
            self.defer(work.folder, work.listing)

    def folders_gone(self, tops: Mapping[str, uuid.UUID]) -> None:
        """Folders that are gone, by path, with all that lies below them."""
        self._folders |= tops

    def defer(self, folder: MediaFolder, listing: FolderListing) -> None:
        """The folder has lost something: it is settled when that is."""
        self._deferred.setdefault(folder, listing)

    def defers(self, folder: MediaFolder) -> bool:
        return folder in self._deferred

    def unsettle(self, folder: MediaFolder) -> None:
        """The folder is not done, whatever it has lost."""
        if folder in self._deferred:
            self._deferred[folder] = None

    def settle(self, *, hold: Callable[[], None], done: Callable[[int], None]) -> RootReason | None:
        """Mark what has gone as missing; `done` hears how many. Touches nothing, and answers why,
        when too much is gone at once.

        `hold` is called first in each transaction: it raises when the scan is another process's by
        now, and else keeps it until the transaction ends.
        """
        self._look_again()
        left = folders.folders_below(self._folders.values())
        ids = sorted({*self._gone_files(), *_present_in(left)})
        ids, reason = safety.departures_judge(self.root, ids, scan_began=self.scan_began, hold=hold)
        if reason:
            return reason
        for chunk in folders.in_chunks(ids):
            self._mark_missing(chunk, hold)
            done(len(chunk))
        self._close(left, hold)
        return None

    @transaction()
    def _mark_missing(self, ids: Sequence[uuid.UUID], hold: Callable[[], None]) -> None:
        hold()
        safety.files_mark_missing(self.root, ids)

    @transaction()
    def _close(self, left: Sequence[uuid.UUID], hold: Callable[[], None]) -> None:
        hold()
        folders.folders_leave(left)
        settled = {row: listing for row, listing in self._deferred.items() if listing is not None}
        folders.folders_settle(settled)

    def _look_again(self) -> None:
        """Forget what is there after all. It may have come back since, and have been stored for
        somebody who asked for it; or it was not there yet when the walk looked ahead."""
        by_path = {path: pk for pk, (_folder, path) in self._files.items()}
        rows = {listing.path: row for row, listing in self._deferred.items() if listing}
        for path in {*rows, *(top.rpartition("/")[0] for top in self._folders)}:
            self.tick()
            try:
                listing = folder_list(self.root.path, path, self.rules)
            except OSError:
                continue
            if self._take_back(listing, by_path) and path in rows:
                self.unsettle(rows[path])

    def _take_back(self, listing: FolderListing, by_path: Mapping[str, uuid.UUID]) -> bool:
        """Whether something in the folder was taken for gone; `by_path` has all such files."""
        there = [by_path[entry.path] for entry in listing.videos if entry.path in by_path]
        tops = self._folders.keys() & set(listing.folders)
        for pk in there:
            del self._files[pk]
        for top in tops:
            del self._folders[top]
        return bool(there or tops)

    def _gone_files(self) -> Iterator[uuid.UUID]:
        """Those that the scan has not found elsewhere since."""
        for chunk in folders.in_chunks(self._files):
            rows = MediaFile.objects.filter(pk__in=chunk).exclude(state=FileState.MISSING)
            for pk, folder, path in rows.values_list("pk", "folder", "path"):
                if self._files[pk] == (folder, path):
                    yield pk


def _present_in(folder_ids: Sequence[uuid.UUID]) -> Iterator[uuid.UUID]:
    for chunk in folders.in_chunks(folder_ids):
        files = MediaFile.objects.filter(folder__in=chunk).exclude(state=FileState.MISSING)
        yield from files.values_list("pk", flat=True)
