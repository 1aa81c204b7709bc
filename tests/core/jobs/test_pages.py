"""The console's page of jobs, and its buttons."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from apps.core.ids import new_id
from apps.core.jobs import outbox, tracking
from apps.core.jobs.models import Queue
from apps.core.jobs.outbox import Tracked
from apps.core.models import Job, JobMessage, JobState
from apps.setup import preparing
from apps.users.models import User
from tests.broker import received
from tests.core.jobs.work import record

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


def _shown(console: Client, name: str = "jobs") -> str:
    response = console.get(reverse(f"admin:{name}"))
    assert response.status_code == 200
    return response.content.decode()


def _press(console: Client, name: str, key: UUID | int) -> list[str]:
    """What the page says after a button was pressed."""
    response = console.post(reverse(f"admin:{name}", args=[key]), follow=True)
    assert response.redirect_chain == [(reverse("admin:jobs"), 302)]
    return [str(message) for message in response.context["messages"]]


def _job(**fields: Any) -> Job:
    defaults = {"kind": "libraries.scan", "queue": "bulk", "task": record.name, "args": []}
    return Job.objects.create(**{**defaults, **fields})


def test_with_nothing_it_says_so(console: Client) -> None:
    page = _shown(console)
    for text in ("No job runs or waits", "No job has failed", "There are no schedules"):
        assert text in page
    assert f'href="{reverse("admin:jobs")}"' in _shown(console, "index")


def test_it_shows_every_kind_of_job(console: Client, admin: User) -> None:
    now = timezone.now()
    preparing.schedules_seed()
    _job(state="running", done=30, total=120, started_by=admin, subject=HOSTILE, message=HOSTILE)
    _job(state="failed", error=f"OSError: {HOSTILE}", ended_at=now)
    _job(state="completed", ended_at=now, kind="of an app that is gone")
    outbox.enqueue(record)
    JobMessage.objects.update(created_at=now - timedelta(days=1, hours=2))
    page = _shown(console)
    assert "30 of 120 (25 %)" in page
    assert "Scan: &lt;img" in page
    assert HOSTILE not in page
    assert "of an app that is gone" in page
    assert "the first for 1\xa0day, 2\xa0hours" in page
    assert "search index" in page


def test_the_number_of_queries_does_not_grow(
    console: Client, admin: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    preparing.schedules_seed()
    _job(started_by=admin)
    _shown(console)
    with django_assert_num_queries(9):
        _shown(console)
    for state in JobState.values:
        for _ in range(10):
            _job(state=state, started_by=admin)
    with django_assert_num_queries(9):
        _shown(console)


def test_a_job_is_cancelled_and_repeated(console: Client, admin: User) -> None:
    job_id = outbox.enqueue(record, tracked=Tracked("tests.record", "a thing"))
    assert _press(console, "job-retry", job_id) == [
        "Only a job that has failed or was cancelled can be repeated."
    ]
    assert _press(console, "job-cancel", job_id) == ["The job is cancelled."]
    assert _press(console, "job-cancel", job_id) == ["The job has ended already."]
    assert _press(console, "job-retry", job_id) == ["The job is queued once more."]
    again = Job.objects.exclude(pk=job_id).get()
    assert (again.started_by, again.state) == (admin, JobState.QUEUED)
    assert _press(console, "job-retry", new_id()) == ["There is no such job."]
    tracking.cancel(again.pk)


def test_a_schedule_runs_now(console: Client) -> None:
    preparing.schedules_seed()
    pk = PeriodicTask.objects.get(name="search index").pk
    assert _press(console, "schedule-run", pk) == ["It is queued."]
    assert JobMessage.objects.get().task == "search.sync"
    assert _press(console, "schedule-run", pk) == ["It waits or runs already."]
    shown = _shown(console)
    assert "at work" in shown
    assert PeriodicTask.objects.get(pk=pk).last_run_at is not None


def test_it_says_how_long_the_first_job_has_waited(console: Client) -> None:
    outbox.enqueue(record)
    JobMessage.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert "the first for 2\xa0days" in _shown(console)


def test_no_action_sends_jobs_that_no_worker_takes(console: Client) -> None:
    preparing.schedules_seed()
    for queue in Queue:
        received(queue)  # of other tests
    form = {"action": "run_tasks", "_selected_action": [PeriodicTask.objects.all()[0].pk]}
    address = reverse("admin:django_celery_beat_periodictask_changelist")
    assert "toggle_tasks" in console.get(address).content.decode()
    console.post(address, form)
    assert [received(queue) for queue in Queue] == [[]] * len(Queue)


@pytest.mark.parametrize("name", ["job-cancel", "job-retry", "schedule-run"])
def test_looking_changes_nothing(console: Client, name: str) -> None:
    key: object = 1 if name == "schedule-run" else new_id()
    assert console.get(reverse(f"admin:{name}", args=[key])).status_code == 405


def test_lists_and_pages_of_jobs_keep_up(console: Client) -> None:
    job = _job(state="running", done=30, total=120)
    listed = console.get(reverse("admin:core_job_changelist")).content.decode()
    assert f'<span id="progress-{job.pk}" data-live="system">30 / 120</span>' in listed
    page = console.get(reverse("admin:core_job_change", args=[job.pk])).content.decode()
    assert '<div id="facts" data-live="system">' in page
    assert "js/live.js" in listed
    assert "js/live.js" in page
