"""A scan: walk → compare → read what is new → store, a batch of folders at a time.

The next batch is read by the pool while the one before is stored. What was stored stays, so that
a scan that was stopped or killed goes on from there. Roots take turns, so that a slow one keeps
no other waiting; paths that somebody asks for meanwhile go before.
"""

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DataError, IntegrityError

from apps.core.db.transactions import transaction
from apps.core.garbage import rare_collections
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries import catalogue, roots, scanning
from apps.libraries.models import (
    FileState,
    LibraryRoot,
    LibraryScan,
    MediaFile,
    MediaFolder,
    ScanType,
)
from apps.libraries.reasons import UNSTORABLE, RootReason
from apps.libraries.scan import folders, identity, storing
from apps.libraries.scan.comparing import FILES_PER_PIECE, FolderWork
from apps.libraries.scan.inspection import Inspection, InspectionJob, Inspector, inspector
from apps.libraries.scan.progress import ScanCancelledError, ScanProgress
from apps.libraries.scan.scope import WHOLE, Scope, scope_of
from apps.libraries.scan.survey import Looking, Survey
from apps.libraries.scan.tree import lookers
from apps.libraries.scan.walk import FileEntry, WalkProblem, WalkRules
from apps.libraries.scanner_config import ScannerConfig

if TYPE_CHECKING:
    from concurrent.futures import Future

logger = logging.getLogger(__name__)

BATCHES_AHEAD = 2
REQUESTS_SECONDS = 0.2
"""A scan that runs asks no more often whether there are requests."""
_END: Final = object()
_REFUSALS = (DataError, IntegrityError)


@dataclass(frozen=True)
class Reading:
    """Work whose files are being read by the pool."""

    work: FolderWork
    jobs: tuple[tuple[FileEntry, "Future[Inspection]"], ...]
    candidates: identity.Candidates


@dataclass(frozen=True)
class Prepared:
    """Work that is ready to be stored."""

    work: FolderWork
    files: storing.FolderFiles
    description: Any
    """What the catalogue has read."""
    probed: int


def scan_run(*, scan_id: uuid.UUID) -> None:
    """Run a scan to its end; return quietly when it has ended.

    Raises JobInterruptedError when the worker stops: the scan is to be run again.
    """
    scan = scanning.scan_claim(scan_id=scan_id)
    if scan is None:
        return
    progress = ScanProgress(scan)
    try:
        with (
            rare_collections(),
            inspector(processes=settings.PROBE_PROCESSES, timeout=settings.PROBE_TIMEOUT) as pool,
            lookers(settings.SCAN_THREADS) as threads,
        ):
            _Scan(scan, pool, threads, progress).run()
    except ScanCancelledError:
        return
    except JobInterruptedError:
        progress.suspend()
        raise
    except Exception as error:
        if progress.fail(f"{type(error).__name__}: {error}"):
            raise
        logger.info("scan %s has ended elsewhere: %s", scan_id, error)
        return
    progress.complete()


class _Scan:
    def __init__(
        self, scan: LibraryScan, pool: Inspector, threads: Executor, progress: ScanProgress
    ) -> None:
        self.scan = scan
        self.pool = pool
        self.progress = progress
        self.asked_at = float("-inf")
        self.roots = list(scan.library.roots.in_use())
        self.walks: list[_RootScan] = []
        config = ScannerConfig.of(scan.library.scanner_config)
        self.looking = Looking(
            rules=WalkRules(config.exclude),
            trusts_times=config.trusts_folder_times,
            threads=threads,
            ahead=max(1, settings.SCAN_THREADS // max(1, len(self.roots))),
        )

    def run(self) -> None:
        self._take_requests()
        if not self.scan.is_whole:
            return
        self.walks = self._walks([(root, WHOLE) for root in self.roots])
        turns = deque(walk.steps() for walk in self.walks)
        while turns:
            steps = turns.popleft()
            if next(steps, _END) is not _END:
                turns.append(steps)
            self._take_requests()
        self._settle(self.walks)

    def _take_requests(self) -> None:
        """Do what was asked for since the last time."""
        if time.monotonic() - self.asked_at < REQUESTS_SECONDS:
            return
        while waiting := scanning.requests_waiting(self.scan.library_id):
            rules = self.looking.rules
            # The files of a folder mean one look at it.
            places = dict.fromkeys(
                (one.root, scope_of(one.root.path, one.path, rules)) for one in waiting
            )
            with self.progress.aside():
                walks = self._walks([*places])
                for walk in walks:
                    for _step in walk.steps():
                        self.progress.tick()
                self._settle(walks)
            for walk in self.walks:
                walk.is_overtaken = True
            scanning.requests_done(self.scan, waiting)
        self.asked_at = time.monotonic()

    def _walks(self, places: Sequence[tuple[LibraryRoot, Scope]]) -> "list[_RootScan]":
        """What looks at these parts of roots; a root that cannot be scanned has none."""
        tracer = identity.Tracer()
        walks = []
        for root, scope in places:
            if reason := roots.root_problem(root):
                self._end(root, reason)
                continue
            survey = Survey(self.scan, root, scope, self.looking, self.progress)
            walks.append(_RootScan(self.scan, survey, self.pool, self.progress, tracer))
        return walks

    def _settle(self, walks: "Sequence[_RootScan]") -> None:
        """Decide what is gone, once all were walked: what one has lost another may have found."""
        for walk in walks:
            # Meanwhile the disk may have gone, and a person have answered what was asked.
            walk.root.refresh_from_db()
            if not walk.is_removed and walk.root.removed_at is None:
                self._end(walk.root, roots.root_problem(walk.root) or walk.settle())

    def _end(self, root: LibraryRoot, reason: RootReason | None) -> None:
        """`reason`: why the root must be taken for unavailable; None when all is well."""
        roots.root_mark(root, reason)
        if reason is None:
            roots.marker_ensure(root)
        else:
            self.progress.issue(root.path, reason.problem, reason.detail)


class _RootScan:
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
        try:
            yield from self._steps()
        except roots.RootRemovedError:
            self.is_removed = True

    def _steps(self) -> Iterator[None]:
        pending: deque[list[Reading]] = deque()
        for batch in _batches(self.survey.works()):
            if batch:
                candidates = identity.candidates(entry for work in batch for entry in work.changed)
                pending.append([self._submit(work, candidates) for work in batch])
            if len(pending) > BATCHES_AHEAD:
                self._store(pending.popleft())
            yield
        while pending:
            self._store(pending.popleft())
            yield

    def settle(self) -> RootReason | None:
        """Answers why the root must be taken for unavailable; None when all is well."""
        return self.survey.departures.settle(
            done=lambda number: self.progress.count(removed=number)
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
        """The same work with the rows as they are by now: a file that has one is not new."""
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
        if not files.is_final:
            self._unsettle(work.folder)
        description = self.catalogue.read(
            library=self.scan.library,
            root=self.root,
            listing=work.listing,
            files=files.usable,
            report=partial(self._problem, work.folder),
        )
        return Prepared(
            work,
            storing.FolderFiles(work.folder, work.listing, files),
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
        roots.root_hold(self.root)
        displaced = storing.folders_store(root=self.root, folders=[one.files for one in batch])
        self.catalogue.store(library=self.scan.library, readings=[one.description for one in batch])
        if displaced:
            self.catalogue.files_changed(file_ids=displaced)
        if self.scan.scan_type != ScanType.METADATA:
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
    return replace(
        reading,
        work=replace(work, changed=changed, known={**work.known, **here}),
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
