"""A scan: its roots take turns, so that a slow one keeps no other waiting; paths that somebody asks
for meanwhile go before. What was stored stays, so that a scan that was stopped or killed goes on
from there.
"""

import logging
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Final

from django.conf import settings

from apps.core.garbage import rare_collections
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries import roots, scanning
from apps.libraries.models import LibraryRoot, LibraryScan, ScanRequest, ScanType
from apps.libraries.reasons import RootReason
from apps.libraries.scan import identity
from apps.libraries.scan.inspection import Inspector, inspector
from apps.libraries.scan.progress import ScanCancelledError, ScanProgress
from apps.libraries.scan.root_scan import RootScan
from apps.libraries.scan.scope import WHOLE, Scope, scope_of
from apps.libraries.scan.survey import Looking, Survey
from apps.libraries.scan.tree import lookers
from apps.libraries.scan.walk import WalkRules
from apps.libraries.scanner_config import ScannerConfig

logger = logging.getLogger(__name__)

REQUESTS_SECONDS = 0.2
"""A scan that runs asks no more often whether there are requests."""
_END: Final = object()


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
        self.walks: list[RootScan] = []
        config = ScannerConfig.of(scan.library.scanner_config)
        self.looking = Looking(
            scan_type=ScanType(scan.scan_type),
            rules=WalkRules(config.exclude),
            trusts_times=config.trusts_folder_times,
            threads=threads,
            ahead=max(1, settings.SCAN_THREADS // max(1, len(self.roots))),
        )

    def run(self) -> None:
        if not self.scan.is_whole:
            while waiting := scanning.requests_waiting(self.scan.library_id):
                self._do(waiting)
            return
        self._take_requests()
        self.walks = self._walks([(root, WHOLE) for root in self.roots], self.looking)
        turns = deque(walk.steps() for walk in self.walks)
        while turns:
            steps = turns.popleft()
            if next(steps, _END) is not _END:
                turns.append(steps)
            self._take_requests()
        self._settle(self.walks)

    def _take_requests(self) -> None:
        """Do what was asked for since the last time. What is asked for meanwhile waits for the next
        turn: a library that is being filled must not keep the scan from its own work."""
        if time.monotonic() - self.asked_at < REQUESTS_SECONDS:
            return
        if waiting := scanning.requests_waiting(self.scan.library_id):
            self._do(waiting)
        self.asked_at = time.monotonic()

    def _do(self, waiting: Sequence[ScanRequest]) -> None:
        # The files of a folder mean one look at it.
        places = dict.fromkeys(self._place(request) for request in waiting)
        with self.progress.aside():
            walks = self._walks([*places], self._looking_as_asked())
            for walk in walks:
                for _step in walk.steps():
                    self.progress.tick()
            self._settle(walks)
        for walk in self.walks:
            walk.is_overtaken = True
        scanning.requests_done(self.scan, waiting)

    def _place(self, request: ScanRequest) -> tuple[LibraryRoot, Scope]:
        self.progress.tick()
        return request.root, scope_of(request.root.path, request.path, self.looking.rules)

    def _looking_as_asked(self) -> Looking:
        """Who asks for a path means its films, even where the scan looks only beside them."""
        if self.looking.scan_type == ScanType.METADATA:
            return replace(self.looking, scan_type=ScanType.INCREMENTAL)
        return self.looking

    def _walks(
        self, places: Sequence[tuple[LibraryRoot, Scope]], looking: Looking
    ) -> list[RootScan]:
        """What looks at these parts of roots; a root that cannot be scanned has none."""
        tracer = identity.Tracer()
        walks = []
        for root, scope in places:
            self.progress.tick()
            if reason := roots.root_problem(root):
                self._end(root, reason)
                continue
            survey = Survey(self.scan, root, scope, looking, self.progress)
            walks.append(RootScan(self.scan, survey, self.pool, self.progress, tracer))
        return walks

    def _settle(self, walks: Sequence[RootScan]) -> None:
        """Decide what is gone, once all were walked: what one has lost another may have found."""
        for walk in walks:
            self.progress.tick()
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
