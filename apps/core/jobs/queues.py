"""The queues, the most urgent first, and how full they are."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from apps.core.jobs.models import JobMessage, Queue


@dataclass(frozen=True)
class Waiting:
    """The jobs of a queue that no worker has begun; `oldest` is how long the first has waited."""

    jobs: int = 0
    oldest: timedelta = timedelta()


def waiting() -> dict[Queue, Waiting]:
    """Every queue, the empty ones too; told by the database, which knows what a broker lost."""
    now = timezone.now()
    rows = JobMessage.objects.filter(holder="").values_list("queue")
    found = {
        Queue(queue): Waiting(jobs, max(now - since, timedelta()))
        for queue, jobs, since in rows.annotate(Count("id"), Min("created_at"))
    }
    return {queue: found.get(queue, Waiting()) for queue in Queue}


def sizes() -> dict[str, int]:
    return {queue.value: found.jobs for queue, found in waiting().items()}
