"""A scan's row while it runs: live counts, a heartbeat, issues, and the wish to stop."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.utils import timezone

from apps.core import metrics
from apps.core.db.upserts import insert
from apps.core.jobs import tracking, worker
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries import events, scanning
from apps.libraries.models import LibraryScan, ScanIssue, ScanStatus
from apps.libraries.scan.inspection import Inspection
from apps.libraries.scan.probe_types import ProbeFailure
from apps.libraries.scan.walk import printable

FLUSH_SECONDS = 1.0
ISSUES_KEPT = 10_000
_PACE_SECONDS: Final = 60.0
_PACE_SAMPLES: Final = 12
_CHANGES: Final = {
    "added": "added",
    "updated": "updated",
    "moved": "moved",
    "removed": "missing",
}
_FAILURES: Final = frozenset(ProbeFailure)


class ScanCancelledError(Exception):
    """Somebody asked the scan to stop, or another process has taken it over."""


class ScanProgress:
    """Collects what happens and writes it about once a second.

    A scan that goes on where another process left it keeps that one's counts of changes and its
    issues.
    """

    def __init__(self, scan: LibraryScan) -> None:
        self._scan = scan
        self._counts = {
            "found": 0,
            "scanned": 0,
            "probed": scan.items_probed,
            "added": scan.items_added,
            "updated": scan.items_updated,
            "moved": scan.items_moved,
            "removed": scan.items_removed,
        }
        self._folders_expected = self._folders_looked_at = 0
        self._videos: dict[uuid.UUID, int] = {}
        self._is_aside = False
        self._pace: list[tuple[float, int]] = []
        self._known = set(scan.issues.values_list("path", "reason"))
        self._issues: list[ScanIssue] = []
        self._errors = scan.error_count
        self._flushed_at = time.monotonic()

    def count(self, **counts: int) -> None:
        for name, number in counts.items():
            if not (self._is_aside and name in {"found", "scanned"}):
                self._counts[name] += number
            if number and name in _CHANGES:
                metrics.SCAN_FILES.labels(_CHANGES[name]).inc(number)
        self.tick()

    @staticmethod
    def inspected(inspection: Inspection) -> None:
        known = "known" if inspection.is_known else "probed"
        metrics.PROBES.labels(inspection.failure or known).inc()
        if inspection.seconds is not None:
            metrics.PROBE_SECONDS.observe(inspection.seconds)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What some paths are looked at for that somebody has asked for: a scan of the whole
        library comes by there anyway, and counts then how much there is."""
        self._is_aside = self._scan.is_whole
        try:
            yield
        finally:
            self._is_aside = False

    def found(self, videos: Mapping[uuid.UUID, int]) -> None:
        """So many files lie in these folders. A scan of some paths may look at one several times,
        since more is asked for while it runs: then the last look counts."""
        again = 0
        if not self._scan.is_whole:
            again = sum(self._videos.get(folder, 0) for folder in videos)
            self._videos |= videos
        self.count(found=sum(videos.values()) - again, scanned=-again)

    def expect_folders(self, number: int) -> None:
        """So many folders more are to be looked at."""
        if not self._is_aside:
            self._folders_expected += number

    def folders_looked_at(self, number: int) -> None:
        if not self._is_aside:
            self._folders_looked_at += number

    def issue(self, path: str, reason: str, detail: str) -> None:
        """Something that could not be used (`reasons`); it is recorded and the scan goes on."""
        issue = ScanIssue(
            scan=self._scan,
            path=printable(path)[:4500],
            reason=reason,
            message=printable(detail)[:500],
        )
        if (issue.path, issue.reason) not in self._known:
            self._errors += 1
            if reason in _FAILURES:
                metrics.SCAN_FILES.labels("failed").inc()
            if self._errors <= ISSUES_KEPT:
                self._known.add((issue.path, issue.reason))
                self._issues.append(issue)
        self.tick()

    def tick(self) -> None:
        """Call it at least every few seconds. Raises JobInterruptedError when the worker stops."""
        if worker.stopping.is_set():
            raise JobInterruptedError
        if time.monotonic() - self._flushed_at >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is left. Raises ScanCancelledError when the scan is no longer ours."""
        if not self._write():
            raise ScanCancelledError

    def hold(self) -> None:
        """Until the transaction ends no other process takes the scan over. Raises
        ScanCancelledError when one has, or somebody has cancelled it."""
        if not scanning.claim_hold(self._scan):
            raise ScanCancelledError

    def complete(self) -> None:
        self._folders_expected = self._folders_looked_at
        self._write()
        scanning.scan_end(self._scan, ScanStatus.COMPLETED)

    def fail(self, message: str) -> bool:
        """Answers whether the scan was still ours, and has failed."""
        self._write()
        return scanning.scan_end(self._scan, ScanStatus.FAILED, printable(message)[:1000])

    def suspend(self) -> None:
        """Put the scan back; whoever starts next goes on with it."""
        self._write()
        scanning.claimed(self._scan).update(status=ScanStatus.PENDING, updated_at=timezone.now())

    def _write(self) -> bool:
        self._flushed_at = time.monotonic()
        self._keep_pace()
        expected = self._expected()
        written: dict[str, Any] = {
            **{f"items_{name}": number for name, number in self._counts.items()},
            "items_expected": expected,
            "pace": self._pace,
            "error_count": self._errors,
        }
        if not scanning.claimed(self._scan).update(**written, updated_at=timezone.now()):
            return False
        for name, value in written.items():
            setattr(self._scan, name, value)
        events.scan_tell_progress(self._scan)
        tracking.progress(
            self._scan.pk,
            done=self._counts["scanned"],
            total=max(self._counts["found"], expected),
            counts={**self._counts, "errors": self._errors},
        )
        insert(self._issues)
        self._issues = []
        return True

    def _expected(self) -> int:
        """As many files in each folder to come as in those before."""
        if not self._folders_looked_at:
            return 0
        share = max(1.0, self._folders_expected / self._folders_looked_at)
        return round(self._counts["found"] * share)

    def _keep_pace(self) -> None:
        """A sample every few seconds; the newest always tells of now."""
        now, scanned = time.time(), self._counts["scanned"]
        if len(self._pace) > 1 and self._pace[-1][0] - self._pace[-2][0] < (
            _PACE_SECONDS / _PACE_SAMPLES
        ):
            self._pace.pop()
        self._pace.append((now, scanned))
        # What lies before a clock's jump tells nothing.
        self._pace = [at for at in self._pace if 0 <= now - at[0] <= _PACE_SECONDS]
