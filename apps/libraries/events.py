"""What is told of libraries and their scans, and who hears it."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from apps.core.events.publishing import publish
from apps.core.events.types import EventType
from apps.core.permissions import Permission
from apps.libraries.access import GrantLevel, access_of
from apps.libraries.models import LibraryScan, ScanStatus

if TYPE_CHECKING:
    from apps.users.models import User


class ScanEvent(EventType):
    STARTED = "library.scan.started"
    PROGRESS = "library.scan.progress"
    COMPLETED = "library.scan.completed"
    FAILED = "library.scan.failed"
    CANCELLED = "library.scan.cancelled"


_ENDS: Final = {
    ScanStatus.COMPLETED: ScanEvent.COMPLETED,
    ScanStatus.FAILED: ScanEvent.FAILED,
    ScanStatus.CANCELLED: ScanEvent.CANCELLED,
}
_COUNTS: Final = tuple(
    f"items_{name}"
    for name in ("found", "scanned", "probed", "added", "updated", "moved", "removed")
)


def seen_by_all(library_id: uuid.UUID) -> str:
    """The topic of everybody who may view the library."""
    return f"library:{library_id}"


def seen_whole(library_id: uuid.UUID) -> str:
    """The topic of those from whom a grant keeps none of the library's films."""
    return f"library-whole:{library_id}"


def managed(library_id: uuid.UUID) -> str:
    """The topic of those who look after the library."""
    return f"library-managed:{library_id}"


def topics(user: "User") -> Iterator[str]:
    """What a user hears of libraries."""
    access = access_of(user)
    for library_id in access.whole:
        yield seen_by_all(library_id)
        yield seen_whole(library_id)
    for _limits, limited in access.limited:
        yield from map(seen_by_all, limited)
    sees_to_all = user.has_perm(Permission.LIBRARIES_SCAN)
    level = GrantLevel.VIEW if sees_to_all else GrantLevel.MANAGE
    yield from map(managed, access_of(user, level).libraries)


def scan_tell(kind: ScanEvent, scan: LibraryScan) -> None:
    """To everybody who sees the library, with the commit of the open transaction."""
    publish(kind, _about(scan), topics=[seen_by_all(scan.library_id)])


def scan_tell_progress(scan: LibraryScan) -> None:
    """To those who look after the library: the counts are of all its films, the hidden ones too."""
    data = {
        **_about(scan),
        **{name: getattr(scan, name) for name in _COUNTS},
        "error_count": scan.error_count,
        "files_per_second": None if scan.rate is None else round(scan.rate, 1),
        "remaining_seconds": None if scan.remaining is None else scan.remaining.total_seconds(),
    }
    publish(ScanEvent.PROGRESS, data, topics=[managed(scan.library_id)])


def scan_ended(scan: LibraryScan) -> None:
    scan_tell(_ENDS[ScanStatus(scan.status)], scan)


def _about(scan: LibraryScan) -> dict[str, object]:
    return {
        "scan_id": scan.pk,
        "library_id": scan.library_id,
        "scan_type": scan.scan_type,
        "status": scan.public_status,
    }
