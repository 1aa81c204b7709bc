import logging
import uuid

from celery import current_app, shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

SCAN_RUN = "libraries.scan_run"


def send_scan(scan_id: uuid.UUID) -> None:
    """Hand a scan's row to the workers; with the broker down the sweep sends it later."""
    try:
        current_app.send_task(SCAN_RUN, [str(scan_id)])
    except OperationalError:
        logger.warning("the broker is down: scan %s waits for the sweep", scan_id)


# A scan may take days: what bounds it is its lease, and the time limit of each file.
@shared_task(
    name=SCAN_RUN,
    time_limit=7 * 24 * 3600,
    soft_time_limit=7 * 24 * 3600 - 60,
)
def scan_run(scan_id: str) -> None:
    from apps.libraries.scan import pipeline  # noqa: PLC0415  (PyAV only where scans run)

    pipeline.scan_run(scan_id=uuid.UUID(scan_id))


@shared_task(name="libraries.scans_sweep", expires=60)
def scans_sweep() -> None:
    from apps.libraries import services  # noqa: PLC0415  (services send the tasks above)

    services.scans_sweep()
