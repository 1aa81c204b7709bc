from datetime import timedelta

from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare

DEMO_JOB = "setup.demo"


@declare("setup.demo_create", queue=Queue.BULK, limit=timedelta(minutes=30))
def demo_create() -> None:
    """Make the demo films in the background, so that the server is up meanwhile."""
    from apps.setup import services  # noqa: PLC0415  (PyAV and Pillow only where films are made)

    services.demo_create()
