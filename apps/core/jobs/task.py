"""What a job is: a Celery task with a queue, limits, and a rule for its failures."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from celery import Task, current_app, shared_task
from django.utils.translation import gettext as _

from apps.core.errors import NotFoundError
from apps.core.jobs.models import Queue
from apps.core.jobs.retries import Retry

_GRACE = timedelta(seconds=30)
MOST_STARTS = 10


class JobTask(Task):  # type: ignore[type-arg]
    """Called by a worker it runs under its message's lease; called directly it is a function."""

    abstract = True
    job_queue: Queue
    retry_rule: Retry
    most_starts: int

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        if self.request.called_directly:
            self.run(*args, **kwargs)
            return
        from apps.core.jobs import running  # noqa: PLC0415  (only workers run jobs)

        running.run(self, *args, **kwargs)


def declare(
    name: str,
    *,
    queue: Queue,
    retry: Retry = Retry.NEVER,
    limit: timedelta = timedelta(minutes=10),
    most_starts: int = MOST_STARTS,
) -> Callable[[Callable[..., None]], JobTask]:
    """Declare a function as the task `name`.

    It may be called twice for one job and has to bear that. Half a minute before `limit` it gets a
    SoftTimeLimitExceeded, and at `limit` its process is killed. A job whose process died
    `most_starts` times has failed.
    """
    declared = shared_task(
        name=name,
        base=JobTask,
        job_queue=queue,
        retry_rule=retry,
        most_starts=most_starts,
        time_limit=int(limit.total_seconds()),
        soft_time_limit=int((limit - min(_GRACE, limit / 2)).total_seconds()),
    )
    return cast("Callable[[Callable[..., None]], JobTask]", declared)


def by_name(name: str) -> JobTask:
    """A declared task, wherever it is. Raises NotFoundError."""
    current_app.loader.import_default_modules()
    found = current_app.tasks.get(name)
    if not isinstance(found, JobTask):
        raise NotFoundError(_("There is no task %(name)s.") % {"name": name})
    return found


def names() -> list[str]:
    """Of all declared tasks."""
    current_app.loader.import_default_modules()
    return sorted(name for name, task in current_app.tasks.items() if isinstance(task, JobTask))
