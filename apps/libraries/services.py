"""Writes of libraries, their roots, grants and scans."""

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.jobs import outbox, tracking
from apps.core.jobs.models import Job
from apps.libraries import catalogue, grants, paths, tasks
from apps.libraries.access import GrantLevel
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
    actor: User | None = None,
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
    _old, folders = _roots_set(library, roots)
    made = {"name": (None, name), "type": (None, library_type), "paths": (None, folders)}
    activity.record(Action.LIBRARY_CREATE, actor=actor, resource=library, changes=made)
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_set_roots(*, library: Library, roots: Iterable[str], actor: User | None = None) -> None:
    """Make these folders the library's roots; a root that is no longer named goes with its files'
    rows. Raises as `library_create` does."""
    _record_update(library, {"paths": _roots_set(library, roots)}, actor)


def _roots_set(library: Library, roots: Iterable[str]) -> tuple[list[str], list[str]]:
    """The folders before and after."""
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
    return sorted(map(str, known)), sorted(map(str, wanted))


@transaction()
def library_update(
    *, library: Library, changes: Mapping[str, object], actor: User | None = None
) -> Library:
    """Change plain fields (not the roots)."""
    before = Library.objects.values(*changes).get(pk=library.pk)
    for field, value in changes.items():
        setattr(library, field, value)
    try:
        library.save(update_fields=[*changes, "updated_at"])
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    _record_update(library, {name: (before[name], new) for name, new in changes.items()}, actor)
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_delete(*, library: Library, actor: User | None = None) -> None:
    """Forget a library. Its files stay on disk, and what people have seen stays with the films."""
    for scan in library.scans.filter(status__in=_ACTIVE):
        scan_cancel(scan=scan)
    folders = [root.path for root in library.roots.all()]
    gone = {"name": (library.name, None), "paths": (folders, None)}
    activity.record(Action.LIBRARY_DELETE, actor=actor, resource=library, changes=gone)
    library.roots.all().delete()
    catalogue.catalogue_of(library).library_changed(library=library)
    library.delete()
    ACCESS.drop_on_commit()


@transaction()
def library_set_viewers(
    *, library: Library, users: Iterable[User], actor: User | None = None
) -> None:
    """Exactly these users (and the administrators) may view the library by grants of their own."""
    wanted = {user.pk: user for user in users}
    viewing = LibraryGrant.objects.filter(
        content_object=library, permission__codename=GrantLevel.VIEW.codename
    )
    present = {grant.user_id: grant.user for grant in viewing.select_related("user")}
    change: dict[str, Any] = {"actor": actor, "library": library, "level": GrantLevel.VIEW}
    for pk in present.keys() - wanted.keys():
        grants.grant_remove(grantee=present[pk], **change)
    for pk in wanted.keys() - present.keys():
        grants.grant_add(grantee=wanted[pk], **change)


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
    if requested_by:  # those of the server's own are in the list of scans
        _record_scan(Action.LIBRARY_SCAN, scan, requested_by)
    return scan


def scan_cancel(*, scan: LibraryScan, actor: User | None = None) -> None:
    """Ask a scan to stop; one that runs does so at its next batch. What it stored stays.

    Raises ConflictError when it has ended already.
    """
    with transaction():
        if not _scan_end(scan.pk):
            raise ConflictError(_("The scan has ended already."))
        with suppress(ConflictError):  # its job has just ended
            tracking.cancel(scan.pk)
        if actor:
            _record_scan(Action.LIBRARY_SCAN_CANCEL, scan, actor)


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


def _record_update(library: Library, changes: activity.Changes, actor: User | None) -> None:
    changed = {name: (old, new) for name, (old, new) in changes.items() if old != new}
    if changed:
        activity.record(Action.LIBRARY_UPDATE, actor=actor, resource=library, changes=changed)


def _record_scan(action: Action, scan: LibraryScan, actor: User) -> None:
    about = {"scan": scan.pk, "scan_type": scan.scan_type, "library": scan.library.name}
    activity.record(action, actor=actor, resource=scan.library, metadata=about)


def _check_overlap(library: Library, wanted: set[Path]) -> None:
    others = LibraryRoot.objects.exclude(library=library).values_list("path", flat=True)
    for path in wanted:
        for other in [Path(text) for text in others] + sorted(wanted - {path}):
            if path.is_relative_to(other) or other.is_relative_to(path):
                raise ConflictError(
                    _("%(path)s overlaps with %(other)s.") % {"path": path, "other": other}
                )
