"""Reads of libraries and scans."""

import uuid
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from apps.core.db.rows import get_or_not_found
from apps.core.db.transactions import consistent_read
from apps.core.errors import ForbiddenError
from apps.core.permissions import Permission
from apps.libraries.access import sees_all
from apps.libraries.models import (
    Library,
    LibraryGrant,
    LibraryRoot,
    LibraryScan,
    MediaFile,
    ScanStatus,
    SideFile,
)
from apps.users.models import User


def library_list(*, user: User | AnonymousUser) -> list[Library]:
    """The libraries that the user may view, each with its `roots` and its `latest_scan`."""
    libraries = list(Library.objects.visible_to(user).prefetch_related(_roots_in_use()))
    scans = LibraryScan.objects.filter(library__in=libraries).order_by("library_id", "-created_at")
    latest = {scan.library_id: scan for scan in _told(user, scans.distinct("library_id"))}
    for library in libraries:
        library.latest_scan = latest.get(library.pk)
    return libraries


def library_get(*, user: User | AnonymousUser, library_id: uuid.UUID) -> Library:
    """A library with its `roots` and its `latest_scan`.

    Raises NotFoundError for one that is not there or not visible.
    """
    visible = Library.objects.visible_to(user).prefetch_related(_roots_in_use())
    library = get_or_not_found(visible, "There is no such library", pk=library_id)
    library.latest_scan = next(iter(_told(user, library.scans.all()[:1])), None)
    return library


def scan_list(*, user: User | AnonymousUser, library_id: uuid.UUID) -> QuerySet[LibraryScan]:
    """A library's scans, the latest first. Raises NotFoundError as `library_get` does."""
    return library_get(user=user, library_id=library_id).scans.all()


@consistent_read()
def scan_page(
    *, user: User | AnonymousUser, library_id: uuid.UUID, limit: int, offset: int
) -> tuple[list[LibraryScan], int]:
    """Some of a library's scans, the latest first, and how many there are."""
    scans = scan_list(user=user, library_id=library_id)
    return _told(user, scans[offset : offset + limit]), scans.count()


def scan_get(
    *, user: User | AnonymousUser, library_id: uuid.UUID, scan_id: uuid.UUID
) -> LibraryScan:
    """Raises NotFoundError for one that is not there or not visible."""
    scans = scan_list(user=user, library_id=library_id)
    (scan,) = _told(user, [get_or_not_found(scans, "There is no such scan", pk=scan_id)])
    return scan


def scans_running(*, user: User | AnonymousUser) -> list[LibraryScan]:
    active = [ScanStatus.PENDING, ScanStatus.RUNNING]
    visible = LibraryScan.objects.visible_to(user).filter(status__in=active)
    return _told(user, visible.select_related("library"))


def _told(user: User | AnonymousUser, scans: Iterable[LibraryScan]) -> list[LibraryScan]:
    """The scans, with their counts for who looks after the library, and with their errors when it
    sees all of it."""
    found = list(scans)
    if not found:
        return found
    sees_to_all = user.has_perm(Permission.LIBRARIES_SCAN)
    own = () if sees_to_all else Library.objects.manageable_by(user).values_list("pk", flat=True)
    managed = set(own)
    for scan in found:
        scan.tells_counts = sees_to_all or scan.library_id in managed
        if scan.tells_counts and scan.error_message:
            scan.tells_error = sees_all(user, scan.library_id)
    return found


def media_file_get(*, user: User | AnonymousUser, file_id: uuid.UUID) -> MediaFile:
    """Raises NotFoundError for one that is not there or not visible."""
    files = MediaFile.objects.visible_to(user).select_related("root")
    return get_or_not_found(files, "There is no such file", pk=file_id)


def side_file_get(*, user: User | AnonymousUser, side_file_id: uuid.UUID) -> SideFile:
    """Raises NotFoundError for one whose film is not there or not visible."""
    beside = SideFile.objects.filter(media_file__in=MediaFile.objects.visible_to(user))
    side_files = beside.select_related("media_file__root")
    return get_or_not_found(side_files, "There is no such file", pk=side_file_id)


def library_get_as(*, user: User, permission: str, library_id: uuid.UUID) -> Library:
    """A library with which the user may do what the permission says: by a role, or by a grant to
    manage it.

    Raises NotFoundError as `library_get` does where a role allows it, else ForbiddenError for
    every library without such a grant, be it there or not.
    """
    if user.has_perm(permission):
        return library_get(user=user, library_id=library_id)
    library = Library.objects.manageable_by(user).filter(pk=library_id).first()
    if library is None:
        raise ForbiddenError(_("You may not do this"))
    return library


def library_may(user: User, library: Library, permission: str) -> bool:
    """Whether the user may do that with a library that it sees: by a role, or by a grant to
    manage it."""
    if user.has_perm(permission):
        return True
    return Library.objects.manageable_by(user).filter(pk=library.pk).exists()


def media_file_to_download(*, user: User, file_id: uuid.UUID) -> MediaFile:
    """Raises NotFoundError for one that is not there or not visible, ForbiddenError for one that
    the user may see and not take along."""
    file = media_file_get(user=user, file_id=file_id)
    if not MediaFile.objects.downloadable_by(user).filter(pk=file_id).exists():
        raise ForbiddenError(_("You may not do this"))
    return file


def _roots_in_use() -> "Prefetch[str]":
    return Prefetch("roots", queryset=LibraryRoot.objects.in_use())


def grant_list(*, library: Library) -> list[LibraryGrant]:
    """The grants to users, the oldest first."""
    grants = LibraryGrant.objects.filter(content_object=library).select_related("permission")
    return list(grants.order_by("created_at", "pk"))
