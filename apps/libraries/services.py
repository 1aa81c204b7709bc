"""Writes of libraries, their roots, grants and scans."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import Permission
from django.db.transaction import on_commit
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.db.claims import claim
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError
from apps.libraries import catalogue, paths, tasks
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

LEASE = timedelta(minutes=2)
"""A running scan that did not renew its heartbeat for this long has lost its process."""
SWEPT = 1000
"""Scans that are sent again at once; the others wait for the next sweep."""


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
    return library


@transaction()
def library_delete(*, library: Library) -> None:
    """Forget a library. Its files stay on disk, and what people have seen stays with the films."""
    library.roots.all().delete()
    catalogue.catalogue_of(library).library_changed(library=library)
    library.delete()


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
    on_commit(lambda: tasks.send_scan(scan.pk))
    return scan


def scan_cancel(*, scan: LibraryScan) -> None:
    """Ask a scan to stop; one that runs does so at its next batch. What it stored stays."""
    changed = LibraryScan.objects.filter(
        pk=scan.pk, status__in=[ScanStatus.PENDING, ScanStatus.RUNNING]
    ).update(status=ScanStatus.CANCELLED, completed_at=timezone.now())
    if not changed:
        raise ConflictError(_("The scan has ended already."))


def scan_claim(*, scan_id: uuid.UUID) -> LibraryScan | None:
    """Take a waiting scan for this process; None when somebody else has it or it has ended."""
    now = timezone.now()
    claimed = LibraryScan.objects.filter(pk=scan_id, status=ScanStatus.PENDING).update(
        status=ScanStatus.RUNNING, started_at=now, heartbeat_at=now
    )
    if not claimed:
        return None
    return LibraryScan.objects.select_related("library").get(pk=scan_id)


def scans_sweep() -> list[uuid.UUID]:
    """Send again what waits without a worker: scans whose process died, and lost messages.

    A scan is idempotent, so that a second delivery does no harm. Answers the ids that were sent.
    """
    stale = timezone.now() - LEASE
    LibraryScan.objects.filter(status=ScanStatus.RUNNING, heartbeat_at__lt=stale).update(
        status=ScanStatus.PENDING
    )
    waiting = LibraryScan.objects.filter(status=ScanStatus.PENDING, updated_at__lt=stale)
    with transaction():
        ids = [scan.pk for scan in claim(waiting, limit=SWEPT)]
        LibraryScan.objects.filter(pk__in=ids).update(updated_at=timezone.now())
    for scan_id in ids:
        tasks.send_scan(scan_id)
    return ids


def scans_resume() -> None:
    """At the start of the only server of a data folder: every scan left over runs again."""
    LibraryScan.objects.filter(status=ScanStatus.RUNNING).update(status=ScanStatus.PENDING)
    for scan_id in LibraryScan.objects.filter(status=ScanStatus.PENDING).values_list(
        "pk", flat=True
    ):
        tasks.send_scan(scan_id)


def _check_overlap(library: Library, wanted: set[Path]) -> None:
    others = LibraryRoot.objects.exclude(library=library).values_list("path", flat=True)
    for path in wanted:
        for other in [Path(text) for text in others] + sorted(wanted - {path}):
            if path.is_relative_to(other) or other.is_relative_to(path):
                raise ConflictError(
                    _("%(path)s overlaps with %(other)s.") % {"path": path, "other": other}
                )
