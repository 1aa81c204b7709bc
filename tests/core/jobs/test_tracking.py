"""Jobs as people see them: repeated, listed, forgotten."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from apps.core import tasks
from apps.core.errors import ConflictError, NotFoundError
from apps.core.ids import new_id
from apps.core.jobs import outbox, tracking
from apps.core.jobs.outbox import Tracked
from apps.core.models import Job, JobMessage, JobState
from apps.users.models import User
from tests.core.jobs import work
from tests.core.jobs.work import deliver, record


def test_a_job_that_failed_is_repeated_as_a_new_one(admin: User) -> None:
    first = outbox.enqueue(record, "a", tracked=Tracked("tests.record", "a thing"))
    with pytest.raises(ConflictError, match="failed or was cancelled"):
        tracking.retry(first, started_by=admin.pk)
    tracking.cancel(first)
    second = tracking.retry(first, started_by=admin.pk)
    deliver(second)
    job = Job.objects.get(pk=second)
    assert work.calls == [("a",)]
    assert (job.subject, job.started_by, job.state) == ("a thing", admin, JobState.COMPLETED)
    assert Job.objects.get(pk=first).state == JobState.CANCELLED
    with pytest.raises(ConflictError, match="ended already"):
        tracking.cancel(second)
    with pytest.raises(NotFoundError):
        tracking.retry(new_id(), started_by=None)


def test_jobs_are_forgotten_after_their_time(db: None, settings: LazySettings) -> None:  # noqa: ARG001
    settings.JOBS_KEPT_DAYS = 10
    now = timezone.now()
    for days, state in ((11, "completed"), (11, "failed"), (12, "completed"), (9, "completed")):
        ended = now - timedelta(days=days)
        Job.objects.create(kind="k", state=state, queue="low", task="t", args=[], ended_at=ended)
    Job.objects.create(kind="k", state="running", queue="low", task="t", args=[])
    out = StringIO()

    call_command("jobs_clean", "--dry-run", stdout=out)
    assert out.getvalue() == "completed: 2\nfailed: 1\nwould be removed: 3\n"
    assert Job.objects.count() == 5
    tasks.jobs_clean()

    assert sorted(Job.objects.values_list("state", flat=True)) == ["completed", "running"]
    call_command("jobs_clean", stdout=out)
    assert out.getvalue().endswith("removed: 0\n")


def test_progress_of_a_job_that_was_never_told_how_much_there_is(db: None) -> None:  # noqa: ARG001
    job_id = outbox.enqueue(record, tracked=Tracked("tests.record"))
    assert Job.objects.get().percent is None
    assert tracking.progress(job_id, done=9, total=5, counts={})
    assert Job.objects.get().percent == 100
    tracking.cancel(job_id)
    assert not tracking.progress(job_id, done=1, total=5, counts={})
    assert not JobMessage.objects.exists()
