"""Jobs that tests declare, and a worker's side of them without a worker's process."""

import uuid
from collections.abc import Callable
from typing import Any

from apps.core.jobs.models import JobMessage, Queue
from apps.core.jobs.retries import Retry
from apps.core.jobs.task import JobTask, declare

calls: list[tuple[Any, ...]] = []
hooks: list[Callable[[], object]] = []
"""What the job below does at each call, one after the other; nothing when there are none."""


@declare("tests.record", queue=Queue.LOW, retry=Retry.TRANSIENT_NETWORK)
def record(*args: Any, **kwargs: Any) -> None:
    calls.append((*args, *kwargs.values()))
    if hooks:
        hooks.pop(0)()


def deliver(job_id: uuid.UUID, task: JobTask = record, *, node: str = "worker@here") -> None:
    """As a worker of that name does when the broker hands it the job's message."""
    message = JobMessage.objects.filter(pk=job_id).first()
    args, kwargs = (message.args, message.kwargs) if message else ([], {})
    task.push_request(id=str(job_id), hostname=node, called_directly=False)
    try:
        task(*args, **kwargs)
    finally:
        task.pop_request()
