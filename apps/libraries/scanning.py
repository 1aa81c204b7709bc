"""Starting and ending scans. Of a library one runs at a time; of all that wait, those of some paths
go before those of whole libraries, which take their turns in the order of asking.

A path that is asked for is a row until its work is stored. A scan of the whole library that runs
takes such rows up between its batches; else a scan of its own does. Who ends one starts another
when some are left.
"""

import functools
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import on_commit
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core import metrics
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.db.upserts import upsert
from apps.core.errors import ConflictError, NotFoundError
from apps.core.jobs import outbox, tracking
from apps.core.jobs.models import Job, Queue
from apps.libraries import events, places, tasks
from apps.libraries.models import (
    ACTIVE,
    Library,
    LibraryRoot,
    LibraryScan,
    ScanRequest,
    ScanStatus,
    ScanType,
)
from apps.libraries.statistics import statistics_changed
from apps.users.models import User

SCAN_JOB: Final = "libraries.scan"
_PATHS_SHOWN: Final = 100


@transaction()
def scan_start(
    *, library: Library, scan_type: ScanType, requested_by: User | None = None
) -> LibraryScan:
    """Queue a scan of the whole library. Raises ConflictError while another such one waits or
    runs, and for a library that is switched off or deleted."""
    _check_scannable(library)
    scan = LibraryScan(library=library, scan_type=scan_type, requested_by=requested_by)
    return _queue(scan, requested_by)


@transaction()
def scan_request(
    *, library: Library, paths: Iterable[str], requested_by: User | None = None
) -> LibraryScan:
    """Have these folders and files looked at, given as absolute paths; one that is not there may
    have gone. Answers the scan that does it, which may run already.

    Raises InvalidInputError for a path outside of the library's folders, and ConflictError for a
    library that is switched off or deleted.
    """
    _check_scannable(library)
    wanted = places.located(library, paths)
    _hold(library.pk)
    requests = [ScanRequest(root=root, path=path) for root, path in wanted]
    upsert(requests, key=["root_id", "path"], columns=["updated_at"])
    active = {scan.is_whole: scan for scan in library.scans.filter(status__in=ACTIVE)}
    whole = active.get(True)
    is_all = all(not path for _root, path in wanted)
    if whole is not None and (whole.status == ScanStatus.RUNNING or is_all):
        return whole
    shown = [_absolute(request) for request in requests]
    if (present := active.get(False)) is not None:
        present.paths = list(dict.fromkeys([*present.paths, *shown]))[:_PATHS_SHOWN]
        present.save(update_fields=["paths", "updated_at"])
        return present
    return _queue_paths(library, shown, requested_by)


def scan_cancel(*, scan: LibraryScan, actor: User | None = None) -> None:
    """Ask a scan to stop; one that runs does so at its next batch. What it stored stays.

    Raises ConflictError when it has ended already.
    """
    with transaction():
        if not _cancelled(scan.pk):
            raise ConflictError(_("The scan has ended already."))
        with suppress(ConflictError):  # its job has just ended
            tracking.cancel(scan.pk)
        if actor:
            _record(Action.LIBRARY_SCAN_CANCEL, scan, actor)


def scan_job_cancelled(job: Job) -> None:
    _cancelled(job.pk)


def scan_job_failed(job: Job, error: str) -> None:
    """A scan that nobody could end, since its process was killed again and again, has failed."""
    if (scan := _active(job.pk).first()) is None:
        return
    text = _(
        "%(error)s. What was stored stays. Look for the reason in the server's log and the "
        "system's, such as too little memory, and then scan again."
    )
    _finish(scan, _active(scan.pk), ScanStatus.FAILED, text % {"error": error[:500]})


def scan_job_retry(job: Job, started_by: uuid.UUID | None) -> uuid.UUID:
    """Scan again as that job's scan did. Raises as `scan_start` does, and NotFoundError when its
    library is gone."""
    scan = LibraryScan.objects.select_related("library").filter(pk=job.pk).first()
    if scan is None:
        raise NotFoundError(_("There is no such library."))
    asking = User.objects.filter(pk=started_by).first() if started_by else None
    if not scan.is_whole:
        return scan_request(library=scan.library, paths=scan.paths, requested_by=asking).pk
    scan_type = ScanType(scan.scan_type)
    return scan_start(library=scan.library, scan_type=scan_type, requested_by=asking).pk


@transaction()
def scan_claim(*, scan_id: uuid.UUID) -> LibraryScan | None:
    """Begin a scan, or go on with one whose process has died; None when it has ended, or when a
    scan of the whole library does its work.

    The lease of the scan's job sees to it that one process at a time does so. One that lost its
    lease and still runs finds a later `started_at` in the row, and stops. So does a scan of some
    paths when one of the whole library begins: that takes its requests over, and ends it with them.
    """
    scan = _active(scan_id).first()
    if scan is None or (library := _hold(scan.library_id)) is None:
        return None
    # Until none stores a batch any more (`claim_hold`).
    list(library.scans.select_for_update().filter(status__in=ACTIVE))
    own, others = library.scans.filter(pk=scan_id), library.scans.exclude(pk=scan_id)
    if not library.enabled or library.deleted_at:
        _end(own.filter(status__in=ACTIVE), ScanStatus.CANCELLED)
        return None
    whole = scan if scan.is_whole else others.filter(status=ScanStatus.RUNNING).first()
    if whole is not None:
        _hand_over((others if scan.is_whole else own).filter(status__in=ACTIVE), whole)
    if not _active(scan_id).update(status=ScanStatus.RUNNING, started_at=timezone.now()):
        return None
    scan = LibraryScan.objects.select_related("library").get(pk=scan_id)
    events.scan_tell(events.ScanEvent.STARTED, scan)
    return scan


def claimed(scan: LibraryScan) -> QuerySet[LibraryScan]:
    """The row of a scan that this process runs, unless it was cancelled, or claimed anew after
    this process stalled."""
    return LibraryScan.objects.filter(
        pk=scan.pk, status=ScanStatus.RUNNING, started_at=scan.started_at
    )


def claim_hold(scan: LibraryScan) -> bool:
    """Whether this process still runs the scan; then no other claims it until the transaction ends.
    Who cancels it does not wait for that."""
    with connection.cursor() as cursor:
        # Django has no FOR KEY SHARE, which lets everything be changed but the key.
        cursor.execute(
            "SELECT FROM libraries_libraryscan WHERE id = %s AND status = %s AND started_at = %s"
            " FOR KEY SHARE",
            (scan.pk, ScanStatus.RUNNING, scan.started_at),
        )
        return cursor.fetchone() is not None


@transaction()
def scan_end(scan: LibraryScan, status: ScanStatus, message: str = "") -> bool:
    """A scan that this process runs has come to its end; False when it no longer was its own."""
    return _finish(scan, claimed(scan), status, message)


def requests_waiting(library_id: uuid.UUID) -> list[ScanRequest]:
    """The oldest first."""
    waiting = ScanRequest.objects.filter(root__library=library_id, root__removed_at=None)
    return list(waiting.select_related("root").order_by("updated_at"))


def request_again(root: LibraryRoot, path: str) -> None:
    """Have a folder looked at once more by the scan that runs, or by one that follows it."""
    upsert([ScanRequest(root=root, path=path)], key=["root_id", "path"], columns=["updated_at"])


@transaction()
def requests_done(scan: LibraryScan, requests: Iterable[ScanRequest]) -> None:
    """What was asked for is stored by this scan; unless it has been asked for again since. With
    all that waited are done the scans whose work it has taken over."""
    for request in requests:
        ScanRequest.objects.filter(pk=request.pk, updated_at=request.updated_at).delete()
    _end_continued(scan.library_id, ScanStatus.COMPLETED)


def _active(scan_id: uuid.UUID) -> QuerySet[LibraryScan]:
    return LibraryScan.objects.filter(pk=scan_id, status__in=ACTIVE)


def _hold(library_id: uuid.UUID) -> Library | None:
    """Until the transaction ends: nobody else asks for a scan of the library, begins or ends one.
    Files may be stored meanwhile."""
    return Library.objects.select_for_update(no_key=True).filter(pk=library_id).first()


def _check_scannable(library: Library) -> None:
    if library.deleted_at is not None:
        raise ConflictError(_("The library was deleted."))
    if not library.enabled:
        raise ConflictError(_("The library is switched off."))


def _queue(scan: LibraryScan, requested_by: User | None) -> LibraryScan:
    try:
        scan.save(force_insert=True)
    except DuplicateError:
        raise ConflictError(_("A scan of this library is waiting or running.")) from None
    # The job has the scan's id.
    asking = requested_by.pk if requested_by else None
    shown = outbox.Tracked(SCAN_JOB, scan.library.name, asking)
    # Those of some paths must not wait behind the hours that another library takes.
    queue = Queue.BULK if scan.is_whole else Queue.DEFAULT
    outbox.enqueue(tasks.scan_run, str(scan.pk), job_id=scan.pk, tracked=shown, queue=queue)
    if requested_by:  # those of the server's own are in the list of scans
        _record(Action.LIBRARY_SCAN, scan, requested_by)
    return scan


def _queue_paths(
    library: Library, paths: Sequence[str], requested_by: User | None = None
) -> LibraryScan:
    scan = LibraryScan(
        library=library,
        scan_type=ScanType.INCREMENTAL,
        paths=paths[:_PATHS_SHOWN],
        requested_by=requested_by,
    )
    return _queue(scan, requested_by)


def _finish(
    scan: LibraryScan, own: QuerySet[LibraryScan], status: ScanStatus, message: str = ""
) -> bool:
    """`own`: its row, as long as the caller may end it; False when that has gone."""
    library = _hold(scan.library_id)
    if library is None or not _end(own, status, message):
        return False
    statistics_changed(library.pk)
    if scan.is_whole or status == ScanStatus.COMPLETED:  # what fails does not fail for ever
        _go_on(library, status, message)
    else:
        _end_continued(library.pk, status, message)
    return True


def _go_on(library: Library, status: ScanStatus, message: str = "") -> None:
    """Start a scan for the requests that one has left behind. Scans that it had taken over are
    the next one's, or end as it did when there is none."""
    left = requests_waiting(library.pk)
    next_one = library.scans.filter(status__in=ACTIVE).exclude(paths=[]).first()
    if left and next_one is None and library.enabled and library.deleted_at is None:
        next_one = _queue_paths(library, [_absolute(request) for request in left])
    if left and next_one is not None:
        library.scans.filter(status=ScanStatus.CONTINUED).update(continued_by=next_one)
    else:
        _end_continued(library.pk, status, message)


def _hand_over(scans: QuerySet[LibraryScan], to: LibraryScan) -> None:
    """With those that these had taken over."""
    ids = list(scans.values_list("pk", flat=True))
    scans.update(status=ScanStatus.CONTINUED)
    continued = LibraryScan.objects.filter(library=to.library_id, status=ScanStatus.CONTINUED)
    continued.update(continued_by=to)
    if ids and not requests_waiting(to.library_id):
        _end_continued(to.library_id, ScanStatus.COMPLETED)
    for scan in continued.filter(pk__in=ids):
        events.scan_tell(events.ScanEvent.PROGRESS, scan)


def _end_continued(library_id: uuid.UUID, status: ScanStatus, message: str = "") -> None:
    continued = LibraryScan.objects.filter(library=library_id, status=ScanStatus.CONTINUED)
    _end(continued, status, message)


def _cancelled(scan_id: uuid.UUID) -> bool:
    """Cancel a scan that has not ended yet; with one of some paths goes what was asked for."""
    scan = _active(scan_id).first()
    if scan is None or not _finish(scan, _active(scan_id), ScanStatus.CANCELLED):
        return False
    if not scan.is_whole:
        ScanRequest.objects.filter(root__library=scan.library_id).delete()
    return True


def _end(scans: QuerySet[LibraryScan], status: ScanStatus, message: str = "") -> bool:
    ids = list(scans.values_list("pk", flat=True))
    now = timezone.now()
    if not scans.update(status=status, error_message=message, completed_at=now):
        return False
    for scan in LibraryScan.objects.filter(pk__in=ids):
        events.scan_ended(scan)
        on_commit(functools.partial(_count, scan), robust=True)
    return True


def _count(scan: LibraryScan) -> None:
    kind = (scan.scan_type, "whole" if scan.is_whole else "paths")
    metrics.SCANS.labels(*kind, scan.status).inc()
    if scan.started_at is not None and scan.completed_at is not None:
        seconds = (scan.completed_at - scan.started_at).total_seconds()
        metrics.SCAN_SECONDS.labels(*kind).observe(seconds)


def _absolute(request: ScanRequest) -> str:
    return f"{request.root.path}/{request.path}".rstrip("/")


def _record(action: Action, scan: LibraryScan, actor: User) -> None:
    about = {"scan": scan.pk, "scan_type": scan.scan_type, "library": scan.library.name}
    if scan.paths:
        about["paths"] = list(scan.paths)
    activity.record(action, actor=actor, resource=scan.library, metadata=about)
