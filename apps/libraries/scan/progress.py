"""A scan's row while it runs: live counts, a heartbeat, issues, and the wish to stop."""

import time

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.jobs import tracking, worker
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries.models import LibraryScan, ScanIssue, ScanStatus
from apps.libraries.scan.walk import printable

FLUSH_SECONDS = 1.0
ISSUES_KEPT = 10_000


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
            "added": scan.items_added,
            "updated": scan.items_updated,
            "removed": scan.items_removed,
        }
        self._known = set(scan.issues.values_list("path", "reason"))
        self._issues: list[ScanIssue] = []
        self._errors = scan.error_count
        self._flushed_at = time.monotonic()

    def count(self, **counts: int) -> None:
        for name, number in counts.items():
            self._counts[name] += number
        self.tick()

    def issue(self, path: str, reason: str, message: str) -> None:
        """Something that could not be used; it is recorded and the scan goes on."""
        issue = ScanIssue(
            scan=self._scan,
            path=printable(path)[:4500],
            reason=reason,
            message=printable(message)[:500],
        )
        if (issue.path, issue.reason) not in self._known:
            self._errors += 1
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

    def complete(self) -> None:
        self._write()
        self._end(ScanStatus.COMPLETED, "")

    def fail(self, message: str) -> bool:
        """Answers whether the scan was still ours, and has failed."""
        self._write()
        return self._end(ScanStatus.FAILED, message)

    def suspend(self) -> None:
        """Put the scan back; whoever starts next goes on with it."""
        self._write()
        self._ours().update(status=ScanStatus.PENDING, updated_at=timezone.now())

    def _ours(self) -> QuerySet[LibraryScan]:
        """The scan's row, unless it was cancelled, or claimed anew after this process stalled."""
        return LibraryScan.objects.filter(
            pk=self._scan.pk, status=ScanStatus.RUNNING, started_at=self._scan.started_at
        )

    def _write(self) -> bool:
        self._flushed_at = time.monotonic()
        counts = {f"items_{name}": number for name, number in self._counts.items()}
        if not self._ours().update(**counts, error_count=self._errors, updated_at=timezone.now()):
            return False
        tracking.progress(
            self._scan.pk,
            done=self._counts["scanned"],
            total=self._counts["found"],
            counts={**self._counts, "errors": self._errors},
        )
        ScanIssue.objects.bulk_create(self._issues)
        self._issues = []
        return True

    def _end(self, status: ScanStatus, message: str) -> bool:
        return bool(
            self._ours().update(
                status=status,
                error_message=printable(message)[:1000],
                completed_at=timezone.now(),
            )
        )
