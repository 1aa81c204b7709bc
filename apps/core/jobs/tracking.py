"""The jobs that people see: how far they are, and stopping, repeating and forgetting them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.errors import ConflictError, NotFoundError
from apps.core.jobs import messages, outbox, task, telling, worker
from apps.core.jobs.errors import JobCancelledError, JobInterruptedError
from apps.core.jobs.models import ACTIVE, Job, JobMessage, JobState

_DELETED_AT_ONCE = 1000


@dataclass(frozen=True)
class JobKind:
    """What an app says of its jobs.

    `cancelled` is called in the transaction that cancels a job, and `failed`, with the error, in
    the one that gives a job up: also one whose process was killed too often to tell anything. Both
    come before the job's row changes: what they lock is locked before that row by everybody.
    `retry` starts one like it for a user and answers its id; without it the same task runs with
    the same arguments. `cancelled` and `retry` may raise a DomainError.
    """

    label: str | Promise
    cancelled: Callable[[Job], None] = lambda _job: None
    failed: Callable[[Job, str], None] = lambda _job, _error: None
    retry: Callable[[Job, UUID | None], UUID] | None = None


_kinds: dict[str, JobKind] = {}


def register(name: str, kind: JobKind) -> None:
    _kinds[name] = kind


def kind_of(job: Job) -> JobKind:
    return _kinds.get(job.kind) or JobKind(job.kind)


def report(
    *,
    done: int,
    total: int,
    counts: Mapping[str, int] | None = None,
    message: str = "",
) -> None:
    """How far the job at hand is. Call it now and then: it is where a job can be stopped.

    Raises JobCancelledError and JobInterruptedError; outside of a job it does nothing.
    """
    held = messages.at_hand.get()
    if held is None:
        return
    if worker.stopping.is_set():
        raise JobInterruptedError
    if not messages.renew(held):
        raise JobCancelledError
    if held.is_tracked and not progress(
        held.id, done=done, total=total, counts=counts or {}, message=message
    ):
        raise JobCancelledError


def progress(
    job_id: UUID, *, done: int, total: int, counts: Mapping[str, int], message: str = ""
) -> bool:
    """Write how far a job is; False when it has ended."""
    is_active = _active(job_id).update(
        done=done, total=total, counts=dict(counts), message=message[:500], updated_at=Now()
    )
    if is_active:
        telling.tell_progress(job_id)
    return bool(is_active)


def started(job_id: UUID) -> bool:
    """False when it was cancelled while it waited."""
    return _change(job_id, state=JobState.RUNNING, started_at=Coalesce(F("started_at"), Now()))


def waits_again(job_id: UUID, *, reason: str) -> None:
    _change(job_id, state=JobState.QUEUED, error=reason[:2000])


@transaction.atomic
def ended(job_id: UUID, state: JobState, *, error: str = "") -> None:
    """Unless somebody has cancelled it meanwhile."""
    if state == JobState.FAILED and (job := _active(job_id).first()):
        kind_of(job).failed(job, error)
    _change(job_id, state=state, error=error[:2000], ended_at=Now())


@transaction.atomic
def cancel(job_id: UUID) -> None:
    """A job that waits never starts; one that runs stops at its next report.

    Raises ConflictError when it has ended already.
    """
    if job := _active(job_id).first():
        kind_of(job).cancelled(job)
    if not _change(job_id, state=JobState.CANCELLED, ended_at=Now()):
        raise ConflictError(_("The job has ended already."))
    JobMessage.objects.filter(pk=job_id, holder="").delete()


def retry(job_id: UUID, *, started_by: UUID | None) -> UUID:
    """Start a job like one that has failed or was cancelled; answers its id.

    Raises ConflictError for one that waits, runs or has succeeded, and what its kind raises.
    """
    job = get(job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise ConflictError(_("Only a job that has failed or was cancelled can be repeated."))
    again = kind_of(job).retry
    if again is not None:
        return again(job, started_by)
    tracked = outbox.Tracked(job.kind, job.subject, started_by)
    return outbox.enqueue(task.by_name(job.task), *job.args, tracked=tracked)


def get(job_id: UUID) -> Job:
    """Raises NotFoundError."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFoundError(_("There is no such job."))
    return job


def outdated() -> dict[str, int]:
    """How many jobs of each state `clean` would remove."""
    return dict(_outdated().order_by().values_list("state").annotate(Count("id")))


def clean() -> int:
    """Forget the jobs that ended long ago; answers how many."""
    removed = 0
    while batch := list(_outdated().values_list("pk", flat=True)[:_DELETED_AT_ONCE]):
        removed += Job.objects.filter(pk__in=batch).delete()[0]
    return removed


def _outdated() -> QuerySet[Job]:
    kept = timedelta(days=settings.JOBS_KEPT_DAYS)
    return Job.objects.filter(ended_at__lt=timezone.now() - kept).order_by("ended_at")


def _change(job_id: UUID, **values: Any) -> bool:
    """False when the job has ended."""
    is_active = _active(job_id).update(**values, updated_at=Now())
    if is_active:
        telling.tell_of(job_id)
    return bool(is_active)


def _active(job_id: UUID) -> QuerySet[Job, Any]:
    return Job.objects.filter(pk=job_id, state__in=ACTIVE)
