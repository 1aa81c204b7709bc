"""What a library has done by itself: its schedule, and being watched.

Called where a library or its roots change, in the same transaction.
"""

import uuid
from contextlib import suppress

from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import schedules
from apps.libraries import scanning, tasks
from apps.libraries.models import Library, ScanType
from apps.libraries.scanner_config import ScannerConfig
from apps.libraries.watch import targets


def renew(library: Library) -> None:
    """Make schedule and watching what the library's settings say: made, changed, restored, deleted
    (`deleted_at`) or switched off.

    Raises InvalidInputError for a schedule that cannot be kept.
    """
    _schedule(library, is_on=library.enabled and library.deleted_at is None)
    targets.tell_on_commit()


def schedules_renew() -> None:
    """Of all libraries, at a start: another version may have stored their settings."""
    for library in Library.objects.all():
        _schedule(library, is_on=library.enabled and library.deleted_at is None)


def scan_scheduled(*, library_id: uuid.UUID) -> None:
    """An incremental scan, unless one waits or runs, or the library is switched off or gone."""
    library = Library.objects.filter(pk=library_id, deleted_at=None, enabled=True).first()
    if library is not None:
        with suppress(ConflictError):
            scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)


def _schedule(library: Library, *, is_on: bool) -> None:
    crontab = ScannerConfig.of(library.scanner_config).crontab
    try:
        schedules.follow(
            library.pk,
            name=f"scan of {library.name}",
            task_name=tasks.scan_scheduled.name,
            crontab=crontab if is_on else None,
        )
    except InvalidInputError as error:
        raise InvalidInputError(error.message, {"scanner_config": [error.message]}) from error
