from apps.core.jobs import tracking
from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare


@declare("core.jobs_clean", queue=Queue.LOW)
def jobs_clean() -> None:
    """Forget jobs that ended long ago."""
    tracking.clean()
