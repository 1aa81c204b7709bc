"""What recurs and goes by a setting of the server's."""

from datetime import timedelta

from apps.activity import retention
from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare
from apps.siteconfig.declared import ACTIVITY_DAYS


@declare("siteconfig.activity_purge", queue=Queue.LOW)
def activity_purge() -> None:
    """Delete what has been in the log for longer than it is kept."""
    retention.purge(kept=timedelta(days=ACTIVITY_DAYS.get()))
