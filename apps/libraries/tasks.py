import uuid
from datetime import timedelta

from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare
from apps.libraries import retention
from apps.siteconfig.declared import MISSING_FILES_DAYS

_DAYS = timedelta(days=7)


# What bounds a scan is the time limit of each file. One that a stop of the server has put back, or
# whose server was killed, goes on where it was.
@declare("libraries.scan_run", queue=Queue.BULK, limit=_DAYS, most_starts=100)
def scan_run(scan_id: str) -> None:
    from apps.libraries.scan import pipeline  # noqa: PLC0415  (PyAV only where scans run)

    pipeline.scan_run(scan_id=uuid.UUID(scan_id))


@declare("libraries.missing_files_purge", queue=Queue.LOW)
def missing_files_purge() -> None:
    """Delete the rows of what has been gone for longer than it is kept."""
    retention.purge(kept=timedelta(days=MISSING_FILES_DAYS.get()))


@declare("libraries.scan_scheduled", queue=Queue.LOW)
def scan_scheduled(library_id: str) -> None:
    """The turn of a library's own schedule."""
    from apps.libraries import automation  # noqa: PLC0415  (it enqueues scans)

    automation.scan_scheduled(library_id=uuid.UUID(library_id))
