"""Handing jobs over: a row in the caller's transaction, a message to the broker after its commit.

The row goes when the job is done. What the broker or a worker loses is sent again by the sweep, so
that a job runs at least once, whatever is killed in between.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import metrics
from apps.core.context import current_request_id, current_user_id
from apps.core.ids import new_id
from apps.core.jobs import messages, telling
from apps.core.jobs.models import Job, JobMessage, Queue
from apps.core.jobs.sender import sender
from apps.core.jobs.task import JobTask

_SWEPT_AT_ONCE = 500


@dataclass(frozen=True)
class Tracked:
    """What people are shown of a job: "libraries.scan" of "Films"."""

    kind: str
    subject: str = ""
    started_by: UUID | None = None


def enqueue(
    task: JobTask,
    *args: Any,
    job_id: UUID | None = None,
    key: str | None = None,
    tracked: Tracked | None = None,
    queue: Queue | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> UUID:
    """Have `task` run after the surrounding transaction commits. Answers the job's id.

    Of several jobs with the same `key` only one waits or runs: the answer is then its id. With
    `tracked` the job has a row that people see. Arguments are what JSON knows: ids as texts. With
    the broker away the job waits.
    """
    message = JobMessage(
        id=job_id or new_id(),
        key=key,
        task=task.name,
        queue=queue or task.job_queue,
        args=args,
        kwargs=dict(kwargs or {}),
        is_tracked=tracked is not None,
        request_id=current_request_id.get(),
        user_id=current_user_id.get(),
    )
    while not _insert(message, tracked):
        present = JobMessage.objects.filter(key=key).values_list("pk", flat=True).first()
        if present is not None:  # it may have ended between the two statements
            return present
    transaction.on_commit(functools.partial(_hand_over, message), robust=True)
    return message.id


def sweep() -> int:
    """Send what is due: lost messages, jobs of dead workers, failures to be tried again.

    Answers how many were sent; what the broker does not take is due again at the next sweep.
    """
    sent = 0
    while due := messages.take_due(_SWEPT_AT_ONCE):
        if not sender().send(due):
            break
        sent += len(due)
    return sent


def _insert(message: JobMessage, tracked: Tracked | None) -> bool:
    """False when a job of the same key waits or runs already."""
    if tracked is None:
        return messages.insert(message)
    with transaction.atomic():
        if not messages.insert(message):
            return False
        job = Job.objects.create(
            id=message.id,
            kind=tracked.kind,
            subject=tracked.subject[:200],
            queue=message.queue,
            task=message.task,
            args=message.args,
            started_by_id=tracked.started_by,
        )
        telling.tell(job)
    return True


def _hand_over(message: JobMessage) -> None:
    metrics.JOBS_ENQUEUED.labels(message.task, message.queue).inc()
    sender().pass_on(message)
