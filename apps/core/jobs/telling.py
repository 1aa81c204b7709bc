"""Administrators are told how jobs go, as events."""

import time
from typing import Final
from uuid import UUID

from apps.core.events.publishing import publish
from apps.core.events.types import EventType
from apps.core.jobs.models import Job, JobState

PROGRESS_SECONDS: Final = 1.0
_REMEMBERED: Final = 1000


class JobEvent(EventType):
    WAITING = "system.job.waiting"
    PROGRESS = "system.job.progress"
    COMPLETED = "system.job.completed"
    FAILED = "system.job.failed"
    CANCELLED = "system.job.cancelled"


_EVENTS: Final = {
    JobState.QUEUED: JobEvent.WAITING,
    JobState.RUNNING: JobEvent.PROGRESS,
    JobState.COMPLETED: JobEvent.COMPLETED,
    JobState.FAILED: JobEvent.FAILED,
    JobState.CANCELLED: JobEvent.CANCELLED,
}
_told: dict[UUID, float] = {}


def tell(job: Job) -> None:
    """With the commit of the open transaction."""
    data = {
        "job_id": job.pk,
        "kind": job.kind,
        "subject": job.subject,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "counts": job.counts,
        "message": job.message,
        "error": job.error,
    }
    publish(_EVENTS[JobState(job.state)], data)


def tell_of(job_id: UUID) -> None:
    _told.pop(job_id, None)
    if job := Job.objects.filter(pk=job_id).first():
        tell(job)


def tell_progress(job_id: UUID) -> None:
    """At most every PROGRESS_SECONDS."""
    now = time.monotonic()
    if now - _told.get(job_id, -PROGRESS_SECONDS) < PROGRESS_SECONDS:
        return
    tell_of(job_id)
    if len(_told) >= _REMEMBERED:
        _told.clear()
    _told[job_id] = now
