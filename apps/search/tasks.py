from django.conf import settings

from apps.core.jobs.models import Queue
from apps.core.jobs.retries import Retry
from apps.core.jobs.task import declare

REINDEX_JOB = "search.reindex"


@declare("search.sync", queue=Queue.DEFAULT, retry=Retry.TRANSIENT_NETWORK)
def sync() -> None:
    """Write what the outbox holds. Beat runs it too, so that nothing is left over."""
    from apps.search import services  # noqa: PLC0415  (services send this task)

    if settings.TYPESENSE_URL:
        services.ensure()
        services.sync()


@declare(REINDEX_JOB, queue=Queue.DEFAULT, retry=Retry.TRANSIENT_NETWORK)
def reindex() -> None:
    from apps.search import services  # noqa: PLC0415

    services.reindex()
