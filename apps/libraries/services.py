"""Writes of libraries, their roots, grants and scans."""

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.jobs import outbox, tracking
from apps.core.jobs.models import Job
from apps.libraries import catalogue, paths, tasks
from apps.libraries.cache import ACCESS
from apps.libraries.models import (
    Library,
    LibraryGrant,
    LibraryRoot,
    LibraryScan,
    LibraryType,
    ScanStatus,
    ScanType,
)
from apps.users.models import User

SCAN_JOB = "libraries.scan"
_ACTIVE = (ScanStatus.PENDING, ScanStatus.RUNNING)


@transaction()
def library_create(
    *,
    name: str,
    roots: Iterable[str],
    library_type: LibraryType = LibraryType.MOVIE,
    scan_on_startup: bool = False,
) -> Library:
    """A new library. Raises InvalidInputError for a bad folder, ConflictError for a name that is
    taken or a folder that overlaps with another library's."""
    name = name.strip()
    if not name:
        raise InvalidInputError(_("Give the library a name."), {"name": [_("Missing.")]})
    library = Library(name=name, type=library_type, scan_on_startup=scan_on_startup)
    try:
        library.save(force_insert=True)
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    library_set_roots(library=library, roots=roots)
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_set_roots(*, library: Library, roots: Iterable[str]) -> None:
    """Make these folders the library's roots; a root that is no longer named goes with its files'
    rows. Raises as `library_create` does."""
    wanted = {paths.media_folder(text) for text in roots}
    if not wanted:
        raise InvalidInputError(_("Give at least one folder of films."), {"paths": [_("Missing.")]})
    known = {Path(root.path): root for root in library.roots.all()}
    _check_overlap(library, wanted)
    dropped = [root.pk for path, root in known.items() if path not in wanted]
    if dropped:
        LibraryRoot.objects.filter(pk__in=dropped).delete()
        catalogue.catalogue_of(library).library_changed(library=library)
    for path in sorted(wanted - known.keys()):
        LibraryRoot.objects.create(library=library, path=str(path))


@transaction()
def library_update(*, library: Library, changes: Mapping[str, object]) -> Library:
    """Change plain fields (not the roots)."""
    for field, value in changes.items():
        setattr(library, field, value)
    try:
        library.save(update_fields=[*changes, "updated_at"])
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_delete(*, library: Library) -> None:
    """Forget a library. Its files stay on disk, and what people have seen stays with the films."""
    for scan in library.scans.filter(status__in=_ACTIVE):
        scan_cancel(scan=scan)
    library.roots.all().delete()
    catalogue.catalogue_of(library).library_changed(library=library)
    library.delete()
    ACCESS.drop_on_commit()


@transaction()
def library_set_viewers(*, library: Library, users: Iterable[User]) -> None:
    """Exactly these users (and the administrators) may view the library."""
    permission = Permission.objects.get(
        codename="view_library", content_type__app_label="libraries"
    )
    wanted = {user.pk for user in users}
    grants = LibraryGrant.objects.filter(content_object=library, permission=permission)
    grants.exclude(user__in=wanted).delete()
    present = set(grants.values_list("user_id", flat=True))
    LibraryGrant.objects.bulk_create(
        LibraryGrant(content_object=library, permission=permission, user_id=pk)
        for pk in wanted - present
    )
    ACCESS.drop_on_commit()


@transaction()
def scan_start(
    *, library: Library, scan_type: ScanType, requested_by: User | None = None
) -> LibraryScan:
    """Queue a scan. Raises ConflictError while another of this library waits or runs."""
    if not library.enabled:
        raise ConflictError(_("The library is switched off."))
    try:
        scan = LibraryScan.objects.create(
            library=library, scan_type=scan_type, requested_by=requested_by
        )
    except DuplicateError:
        raise ConflictError(_("A scan of this library is waiting or running.")) from None
    # The job has the scan's id.
    shown = outbox.Tracked(SCAN_JOB, library.name, requested_by.pk if requested_by else None)
    outbox.enqueue(tasks.scan_run, str(scan.pk), job_id=scan.pk, tracked=shown)
    return scan


def scan_cancel(*, scan: LibraryScan) -> None:
    """Ask a scan to stop; one that runs does so at its next batch. What it stored stays.

    Raises ConflictError when it has ended already.
    """
    with transaction():
        if not _scan_end(scan.pk):
            raise ConflictError(_("The scan has ended already."))
        with suppress(ConflictError):  # its job has just ended
            tracking.cancel(scan.pk)


def scan_job_cancelled(job: Job) -> None:
    _scan_end(job.pk)


def scan_job_retry(job: Job, started_by: uuid.UUID | None) -> uuid.UUID:
    """Scan again as that job's scan did. Raises as `scan_start` does, and NotFoundError when its
    library is gone."""
    scan = LibraryScan.objects.select_related("library").filter(pk=job.pk).first()
    if scan is None:
        raise NotFoundError(_("There is no such library."))
    return scan_start(
        library=scan.library,
        scan_type=ScanType(scan.scan_type),
        requested_by=User.objects.filter(pk=started_by).first() if started_by else None,
    ).pk


def scan_claim(*, scan_id: uuid.UUID) -> LibraryScan | None:
    """Begin a scan, or go on with one whose process has died; None when it has ended.

    The lease of the scan's job sees to it that one process at a time does so. One that lost its
    lease and still runs finds a later `started_at` in the row, and stops.
    """
    claimed = LibraryScan.objects.filter(pk=scan_id, status__in=_ACTIVE).update(
        status=ScanStatus.RUNNING, started_at=timezone.now()
    )
    if not claimed:
        return None
    return LibraryScan.objects.select_related("library").get(pk=scan_id)


def _scan_end(scan_id: uuid.UUID) -> bool:
    """Cancel a scan that has not ended yet."""
    waiting = LibraryScan.objects.filter(pk=scan_id, status__in=_ACTIVE)
    return bool(waiting.update(status=ScanStatus.CANCELLED, completed_at=timezone.now()))


def _check_overlap(library: Library, wanted: set[Path]) -> None:
    others = LibraryRoot.objects.exclude(library=library).values_list("path", flat=True)
    for path in wanted:
        for other in [Path(text) for text in others] + sorted(wanted - {path}):
            if path.is_relative_to(other) or other.is_relative_to(path):
                raise ConflictError(
                    _("%(path)s overlaps with %(other)s.") % {"path": path, "other": other}
                )
