import logging

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send_demo_create() -> None:
    """Have the demo films made; with the broker down the next start does it."""
    try:
        demo_create.delay()
    except OperationalError:
        logger.warning("the broker is down: the demo films wait for the next start")


@shared_task(name="setup.demo_create", time_limit=1800, soft_time_limit=1700)
def demo_create() -> None:
    """Make the demo films in the background, so that the server is up meanwhile."""
    from apps.setup import services  # noqa: PLC0415  (PyAV and Pillow only where films are made)

    services.demo_create()
