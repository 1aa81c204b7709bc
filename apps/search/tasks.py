import logging

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from apps.search.errors import SearchUnavailableError

logger = logging.getLogger(__name__)


def send_sync() -> None:
    """Ask for a run of the outbox; with the broker down the sweep does it later."""
    try:
        sync.delay()
    except OperationalError:
        logger.warning("the broker is down: the index waits for the sweep")


@shared_task(name="search.sync", expires=3600)
def sync() -> None:
    """Write what the outbox holds. Beat runs it too, so that nothing is left over."""
    from apps.search import services  # noqa: PLC0415  (services send this task)

    if not settings.TYPESENSE_URL:
        return
    try:
        services.ensure()
        services.sync()
    except SearchUnavailableError as error:
        logger.warning("the search engine is away: %s", error)
