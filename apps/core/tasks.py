from celery import shared_task

from apps.core import health


@shared_task(name="core.heartbeat", expires=health.HEARTBEAT_SECONDS)
def heartbeat() -> None:
    """Shows that beat, broker and worker work; see `health.heartbeat`."""
    health.heartbeat()
