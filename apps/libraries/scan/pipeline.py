"""A scan: walk → compare → read what is new → store, a batch of folders at a time.

The next batch is read by the pool while the one before is stored. What was stored stays, so that
a scan that was stopped or killed goes on from there.
"""

import logging
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DataError, IntegrityError

from apps.core.db.transactions import transaction
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries import catalogue, services
from apps.libraries.models import FileState, LibraryRoot, LibraryScan, MediaFile, ScanType
from apps.libraries.scan import storing
from apps.libraries.scan.comparing import FILES_PER_PIECE, FolderWork, Unreadable, changed_folders
from apps.libraries.scan.departures import Departures
from apps.libraries.scan.inspection import Inspection, InspectionJob, Inspector, inspector
from apps.libraries.scan.progress import ScanCancelledError, ScanProgress
from apps.libraries.scan.walk import FileEntry, FolderListing, WalkIssue, WalkProblem, walk

if TYPE_CHECKING:
    from concurrent.futures import Future

logger = logging.getLogger(__name__)

BATCHES_AHEAD = 2


@dataclass(frozen=True)
class Reading:
    """Work whose files are being read by the pool."""

    work: FolderWork
    jobs: tuple[tuple[FileEntry, "Future[Inspection]"], ...]


@dataclass(frozen=True)
class Prepared:
    """Work that is ready to be stored."""

    work: FolderWork
    files: storing.FolderFiles
    description: Any
    """What the catalogue has read."""


def scan_run(*, scan_id: uuid.UUID) -> None:
    """Run a scan to its end; return quietly when it has ended.

    Raises JobInterruptedError when the worker stops: the scan is to be run again.
    """
    scan = services.scan_claim(scan_id=scan_id)
    if scan is None:
        return
    progress = ScanProgress(scan)
    try:
        with inspector(processes=settings.PROBE_PROCESSES, timeout=settings.PROBE_TIMEOUT) as pool:
            _scan_roots(scan, pool, progress)
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


def _scan_roots(scan: LibraryScan, pool: Inspector, progress: ScanProgress) -> None:
    for root in scan.library.roots.all():
        problem = _root_problem(root) or _RootScan(scan, root, pool, progress).run()
        _mark_root(root, problem)
        if problem is not None:
            progress.issue(root.path, "root_unavailable", problem)


class _RootScan:
    def __init__(
        self, scan: LibraryScan, root: LibraryRoot, pool: Inspector, progress: ScanProgress
    ) -> None:
        self.scan = scan
        self.root = root
        self.pool = pool
        self.progress = progress
        self.catalogue = catalogue.catalogue_of(scan.library)
        self.unreadable = Unreadable()
        self.departures = Departures(root, scan.created_at, self.unreadable)
        self.unsettled: set[str] = set()

    def run(self) -> str | None:
        """Answers why the root must be taken for unavailable; None when all is well."""
        pending: deque[list[Reading]] = deque()
        for batch in _batches(self._work()):
            pending.append([self._submit(work) for work in batch])
            if len(pending) > BATCHES_AHEAD:
                self._store(pending.popleft())
        while pending:
            self._store(pending.popleft())
        # The disk may have gone meanwhile.
        return _root_problem(self.root) or self.departures.settle(
            self.catalogue, done=lambda number: self.progress.count(removed=number)
        )

    def _work(self) -> Iterator[FolderWork]:
        listings: list[FolderListing] = []
        exclude = _excluded(self.scan)
        for found in walk(Path(self.root.path), exclude=exclude, visiting=self.progress.tick):
            if isinstance(found, WalkIssue):
                if found.problem is WalkProblem.UNREADABLE:
                    self.unreadable.add(found.path)
                path = f"{self.root.path}/{found.path}"
                self.progress.issue(path, found.problem, found.message)
                continue
            self.departures.seen.add(found.path)
            self.progress.count(found=len(found.videos))
            listings.append(found)
            if len(listings) >= FILES_PER_PIECE:
                yield from self._compare(listings)
                listings = []
        yield from self._compare(listings)

    def _compare(self, listings: Sequence[FolderListing]) -> Iterator[FolderWork]:
        unchanged = {listing.path: len(listing.videos) for listing in listings}
        for work in changed_folders(
            root=self.root,
            listings=listings,
            scan_type=ScanType(self.scan.scan_type),
            unreadable=self.unreadable,
        ):
            unchanged.pop(work.listing.path, None)
            self.departures.note(work)
            yield work
        self.progress.count(scanned=sum(unchanged.values()))

    def _submit(self, work: FolderWork) -> Reading:
        jobs = [
            InspectionJob(f"{self.root.path}/{entry.path}", entry.path, work.only_movie_in_folder)
            for entry in work.changed
        ]
        futures = [self.pool.submit(job) for job in jobs]
        return Reading(work, tuple(zip(work.changed, futures, strict=True)))

    def _store(self, readings: Sequence[Reading]) -> None:
        batch = [self._prepare(reading) for reading in readings]
        try:
            self._write(batch)
            stored = batch
        except (DataError, IntegrityError):
            logger.exception("a batch of the scan %s could not be stored", self.scan.pk)
            stored = [one for one in batch if self._write_alone(one)]
        self._report(stored)

    def _prepare(self, reading: Reading) -> Prepared:
        work = reading.work
        inspected = {
            entry.path: self.pool.result(future, waiting=self.progress.tick)
            for entry, future in reading.jobs
        }
        files = storing.files_prepare(
            library=self.scan.library,
            root=self.root,
            entries=work.entries,
            known=work.known,
            inspected=inspected,
        )
        if not files.is_final:
            self._unsettle(work.listing)
        settled = work.completes and not work.gone and work.listing.path not in self.unsettled
        description = self.catalogue.read(
            library=self.scan.library,
            root=self.root,
            listing=work.listing,
            files=files.usable,
            report=self.progress.issue,
        )
        return Prepared(work, storing.FolderFiles(work.listing, files, settled), description)

    @transaction()
    def _write(self, batch: Sequence[Prepared]) -> None:
        storing.folders_store(root=self.root, folders=[one.files for one in batch])
        self.catalogue.store(library=self.scan.library, readings=[one.description for one in batch])

    def _write_alone(self, one: Prepared) -> bool:
        """One folder after its batch was refused: what cannot be stored stops no other."""
        try:
            self._write([one])
        except (DataError, IntegrityError) as error:
            path = f"{self.root.path}/{one.work.listing.path}"
            self.progress.issue(path, "unstorable", str(error))
            self._unsettle(one.work.listing)
            return False
        return True

    def _unsettle(self, listing: FolderListing) -> None:
        """Have the next scan look at the folder again."""
        self.unsettled.add(listing.path)
        self.departures.unsettle(listing)

    def _report(self, batch: Sequence[Prepared]) -> None:
        for one in batch:
            files = one.files.files
            self.progress.count(
                scanned=len(one.work.entries), added=len(files.added), updated=len(files.updated)
            )
            for file in files.broken:
                path = f"{self.root.path}/{file.path}"
                self.progress.issue(path, file.failure, file.failure_message)


def _batches(works: Iterable[FolderWork]) -> Iterator[list[FolderWork]]:
    """Folders together, until their files are enough for one transaction."""
    batch: list[FolderWork] = []
    files = 0
    for work in works:
        batch.append(work)
        files += len(work.entries)
        if files >= FILES_PER_PIECE:
            yield batch
            batch, files = [], 0
    if batch:
        yield batch


def _excluded(scan: LibraryScan) -> list[str]:
    globs = scan.library.scanner_config.get("exclude", [])
    return [str(glob) for glob in globs] if isinstance(globs, list) else []


def _root_problem(root: LibraryRoot) -> str | None:
    """Why a root cannot be scanned: a disk that is not mounted leaves an empty folder."""
    path = Path(root.path)
    try:
        first = next(path.iterdir(), None)
    except OSError as error:
        return f"The folder cannot be read: {error.strerror or error}"
    has_files = MediaFile.objects.filter(root=root).exclude(state=FileState.MISSING).exists()
    if first is None and has_files:
        return "The folder is empty, though it held films: its disk may not be mounted"
    return None


def _mark_root(root: LibraryRoot, problem: str | None) -> None:
    if root.is_available == (problem is None) and root.problem == (problem or ""):
        return
    root.is_available, root.problem = problem is None, (problem or "")[:500]
    root.save(update_fields=["is_available", "problem", "updated_at"])
