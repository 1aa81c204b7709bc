"""The console's page of jobs: what waits and runs, what failed, and what is due next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.db.transactions import transaction
from apps.core.errors import DomainError
from apps.core.jobs import interventions, queues, schedules, tracking
from apps.core.jobs.interventions import Intervention, Kind
from apps.core.jobs.models import ACTIVE, Job, JobState
from apps.core.jobs.queues import Waiting

_SHOWN = 20
_ACTIVE_SHOWN = 100
View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class QueueRow:
    label: str | Promise
    waiting: Waiting

    @property
    def waits_since(self) -> datetime | None:
        """When the first came, unless that was within the last minute."""
        oldest = self.waiting.oldest
        return timezone.now() - oldest if oldest >= timedelta(minutes=1) else None


@dataclass(frozen=True)
class JobRow:
    job: Job
    label: str | Promise


def urls(protect: Callable[[View], View]) -> list[URLPattern]:
    """The page and its actions; `protect` is the console's guard."""
    return [
        path("jobs/", protect(page), name="jobs"),
        path("jobs/<uuid:job_id>/cancel/", protect(cancel), name="job-cancel"),
        path("jobs/<uuid:job_id>/retry/", protect(retry), name="job-retry"),
        path("schedules/<int:schedule_id>/run/", protect(run_now), name="schedule-run"),
    ]


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    context = {**admin.site.each_context(request), **_context(), "title": _("Jobs")}
    return render(request, "admin/jobs/page.html", context)


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    def work() -> None:
        tracking.cancel(job_id)
        _tell(request, Kind.CANCEL, job_id)

    return _done(request, work, _("The job is cancelled."))


@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    def work() -> None:
        tracking.retry(job_id, started_by=request.user.pk)
        _tell(request, Kind.RETRY, job_id)

    return _done(request, work, _("The job is queued once more."))


@require_POST
def run_now(request: HttpRequest, schedule_id: int) -> HttpResponse:
    def work() -> None:
        row = schedules.run_now(schedule_id)
        interventions.tell(Intervention(Kind.RUN, request.user, row.name))

    return _done(request, work, _("It is queued."))


def _tell(request: HttpRequest, kind: Kind, job_id: UUID) -> None:
    job = tracking.get(job_id)
    name = f"{job.kind} {job.subject}".strip()
    interventions.tell(Intervention(kind, request.user, name, job_id))


def _done(request: HttpRequest, work: Callable[[], None], success: str) -> HttpResponseRedirect:
    """Do it, and what belongs to it, or nothing."""
    try:
        with transaction():
            work()
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, success)
    return redirect("admin:jobs")


def _context() -> dict[str, Any]:
    jobs = Job.objects.select_related("started_by")
    active = jobs.filter(state__in=ACTIVE).order_by("-state", "created_at")
    ended = jobs.order_by("-ended_at")
    return {
        "queues": [QueueRow(queue.label, found) for queue, found in queues.waiting().items()],
        "active": _rows(active, _ACTIVE_SHOWN),
        "failed": _rows(ended.filter(state=JobState.FAILED)),
        "finished": _rows(ended.filter(state__in=(JobState.COMPLETED, JobState.CANCELLED))),
        "schedules": schedules.upcoming(),
    }


def _rows(jobs: QuerySet[Job], limit: int = _SHOWN) -> list[JobRow]:
    return [JobRow(job, tracking.kind_of(job).label) for job in jobs[:limit]]
