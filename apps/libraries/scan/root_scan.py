"""A root, or a part of it, in a scan: walk → compare → read what is new → store, a batch of folders
at a time. The next batch is read by the pool while the one before is stored.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from django.db import DataError, IntegrityError

from apps.core.db.transactions import transaction
from apps.libraries import catalogue, roots, scanning
from apps.libraries.models import FileState, LibraryScan, MediaFile, MediaFolder, ScanType
from apps.libraries.reasons import UNSTORABLE, RootReason
from apps.libraries.scan import folders, identity, storing
from apps.libraries.scan.comparing import FILES_PER_PIECE, FolderWork, with_whole_rows
from apps.libraries.scan.inspection import Inspection, InspectionJob, Inspector
from apps.libraries.scan.progress import ScanProgress
from apps.libraries.scan.survey import Survey
from apps.libraries.scan.walk import FileEntry, WalkProblem

if TYPE_CHECKING:
    from concurrent.futures import Future

logger = logging.getLogger(__name__)

BATCHES_AHEAD: Final = 2
_REFUSALS: Final = (DataError, IntegrityError)


@dataclass(frozen=True)
class Reading:
    """Work whose files are being read by the pool."""

    work: FolderWork
    jobs: tuple[tuple[FileEntry, "Future[Inspection]"], ...]
    candidates: identity.Candidates

    def abandon(self) -> None:
        for _entry, future in self.jobs:
            future.cancel()


@dataclass(frozen=True)
class Prepared:
    """Work that is ready to be stored."""

    work: FolderWork
    files: storing.FolderFiles
    description: Any
    """What the catalogue has read."""
    probed: int


class RootScan:
    """Call `steps` to their end, and then `settle`."""

    def __init__(
        self,
        scan: LibraryScan,
        survey: Survey,
        pool: Inspector,
        progress: ScanProgress,
        tracer: identity.Tracer,
    ) -> None:
        self.scan = scan
        self.root = survey.root
        self.survey = survey
        self.pool = pool
        self.progress = progress
        self.tracer = tracer
        self.is_removed = False
        self.is_overtaken = False
        """Whether requests were done since it began, so that rows may have changed."""
        self.catalogue = catalogue.catalogue_of(scan.library)
        self.unsettled: set[MediaFolder] = set()

    def steps(self) -> Iterator[None]:
        """Find and store what is there; each step stores no more than a batch."""
        pending: deque[list[Reading]] = deque()
        try:
            yield from self._steps(pending)
        except roots.RootRemovedError:
            self.is_removed = True
            # The pool is the other roots' by now.
            for reading in chain.from_iterable(pending):
                reading.abandon()

    def _steps(self, pending: deque[list[Reading]]) -> Iterator[None]:
        for batch in _batches(self.survey.works()):
            if batch:
                candidates = identity.candidates(entry for work in batch for entry in work.changed)
                works = with_whole_rows(batch)
                pending.append([self._submit(work, candidates) for work in works])
            if len(pending) > BATCHES_AHEAD:
                self._store(pending.popleft())
            yield
        while pending:
            self._store(pending.popleft())
            yield

    def settle(self) -> RootReason | None:
        """Answers why the root must be taken for unavailable; None when all is well."""
        return self.survey.departures.settle(
            hold=self.progress.hold, done=lambda number: self.progress.count(removed=number)
        )

    def _submit(self, work: FolderWork, candidates: identity.Candidates) -> Reading:
        jobs = [
            InspectionJob(
                f"{self.root.path}/{entry.path}",
                entry.path,
                work.only_movie_in_folder,
                identity.known_contents(entry, candidates),
            )
            for entry in work.changed
        ]
        futures = [self.pool.submit(job) for job in jobs]
        return Reading(work, tuple(zip(work.changed, futures, strict=True)), candidates)

    def _store(self, readings: Sequence[Reading]) -> None:
        if self.is_overtaken:
            readings = self._renewed(readings)
        inspected = [self._inspected(reading) for reading in readings]
        traced = self.tracer.trace(
            [one for pair in zip(readings, inspected, strict=True) for one in self._found(*pair)]
        )
        batch = [
            self._prepare(reading.work, found, traced)
            for reading, found in zip(readings, inspected, strict=True)
        ]
        try:
            self._write(batch)
            stored = batch
        except (*_REFUSALS, identity.ContestedError):
            logger.exception("a batch of the scan %s could not be stored", self.scan.pk)
            stored = [one for one in batch if self._write_alone(one)]
        self._report(stored)

    def _renewed(self, readings: Sequence[Reading]) -> list[Reading]:
        """The same work with the rows as they are by now: a file that has one is not new, and one
        whose row has left is not there any more."""
        paths = [entry.path for reading in readings for entry in reading.work.entries]
        present = MediaFile.objects.filter(root=self.root, path__in=paths)
        rows = {file.path: file for file in present.exclude(state=FileState.MISSING)}
        return [_with_rows(reading, rows) for reading in readings]

    def _inspected(self, reading: Reading) -> dict[str, Inspection]:
        found = {
            entry.path: self.pool.result(future, waiting=self.progress.tick)
            for entry, future in reading.jobs
        }
        for inspection in found.values():
            self.progress.inspected(inspection)
        return found

    def _found(
        self, reading: Reading, inspected: Mapping[str, Inspection]
    ) -> Iterator[identity.Found]:
        known = self._known(reading.work)
        for entry in reading.work.changed:
            yield identity.Found(
                entry,
                inspected[entry.path].fingerprint,
                known.get(entry.path),
                reading.candidates.get(entry.size, ()),
            )

    def _known(self, work: FolderWork) -> dict[str, MediaFile]:
        known = work.known.items()
        return {path: file for path, file in known if not self.tracer.is_elsewhere(file)}

    def _prepare(
        self, work: FolderWork, inspected: Mapping[str, Inspection], traced: identity.Traced
    ) -> Prepared:
        files = storing.files_prepare(
            library=self.scan.library,
            root=self.root,
            entries=work.entries,
            known=self._known(work),
            inspected=inspected,
            traced=traced,
        )
        if not files.is_final or len(files.all) < len(work.entries):
            self._unsettle(work.folder)
        description = self.catalogue.read(
            library=self.scan.library,
            root=self.root,
            listing=work.listing,
            files=files.usable,
            only_movie_in_folder=work.only_movie_in_folder,
            report=partial(self._problem, work.folder),
        )
        return Prepared(
            work,
            storing.folder_place(work, files),
            description,
            probed=sum(not one.is_known for one in inspected.values()),
        )

    def _problem(self, folder: MediaFolder, path: str, reason: str, message: str) -> None:
        """Something beside films that the catalogue could not use."""
        if reason == WalkProblem.UNREADABLE:
            self._unsettle(folder)
        self.progress.issue(path, reason, message)

    @transaction()
    def _write(self, batch: Sequence[Prepared]) -> None:
        self.progress.hold()
        roots.root_hold(self.root)
        displaced = storing.folders_store(root=self.root, folders=[one.files for one in batch])
        self.catalogue.store(library=self.scan.library, readings=[one.description for one in batch])
        if displaced:
            self.catalogue.files_changed(file_ids=displaced)
        if self.survey.scan_type != ScanType.METADATA:
            works = [one.work for one in batch]
            settled = {work.folder: work.listing for work in works if self._settles(work)}
            folders.folders_settle(settled)
            folders.folders_unsettle({work.folder for work in works} - settled.keys())

    def _settles(self, work: FolderWork) -> bool:
        """Only then the next scan need not look at the folder again."""
        is_deferred = self.survey.departures.defers(work.folder)
        return work.completes and not is_deferred and work.folder not in self.unsettled

    def _write_alone(self, one: Prepared) -> bool:
        """One folder after its batch was refused: what cannot be stored stops no other."""
        try:
            self._write([one])
        except identity.ContestedError:
            folders.folders_unsettle([one.work.folder])
            scanning.request_again(self.root, one.work.listing.path)
            self._unsettle(one.work.folder)
            return False
        except _REFUSALS as error:
            path = f"{self.root.path}/{one.work.listing.path}"
            self.progress.issue(path, UNSTORABLE, str(error))
            self._unsettle(one.work.folder)
            return False
        return True

    def _unsettle(self, folder: MediaFolder) -> None:
        """Have the next scan look at the folder again."""
        self.unsettled.add(folder)
        self.survey.departures.unsettle(folder)

    def _report(self, batch: Sequence[Prepared]) -> None:
        for one in batch:
            files = one.files.files
            self.progress.count(
                scanned=len(one.work.entries),
                probed=one.probed,
                added=len(files.added),
                updated=len(files.updated),
                moved=len(files.moved),
            )
            for file in files.broken:
                path = f"{self.root.path}/{file.path}"
                self.progress.issue(path, file.failure, file.failure_message)


def _with_rows(reading: Reading, rows: Mapping[str, MediaFile]) -> Reading:
    work = reading.work
    here = {entry.path: rows[entry.path] for entry in work.entries if entry.path in rows}
    stored = {
        entry
        for entry in work.changed
        if entry.path not in work.known and _is_stored(entry, here.get(entry.path))
    }
    changed = tuple(entry for entry in work.changed if entry not in stored)
    read = {entry.path for entry in work.changed}
    known = {
        path: file
        for path, file in work.known.items()
        if path in read or file.state == FileState.MISSING
    }
    return replace(
        reading,
        work=replace(work, changed=changed, known={**known, **here}),
        jobs=tuple(job for job in reading.jobs if job[0] not in stored),
    )


def _is_stored(entry: FileEntry, file: MediaFile | None) -> bool:
    if file is None:
        return False
    shape = (file.size, file.mtime_ns, int(file.inode))
    return shape == (entry.size, entry.mtime_ns, entry.inode)


def _batches(works: Iterable[list[FolderWork] | None]) -> Iterator[list[FolderWork]]:
    """Folders together, until their files are enough for one transaction, or nothing new comes
    for a while; none while there is nothing to do."""
    batch: list[FolderWork] = []
    files = 0
    for work in works:
        for one in work or ():
            batch.append(one)
            files += len(one.entries) or 1
            if files >= FILES_PER_PIECE:
                yield batch
                batch, files = [], 0
        if not work:
            yield batch
            batch, files = [], 0
    if batch:
        yield batch
