"""What a worker does with a message: once where it can, twice where it must, never none."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from apps.core import metrics
from apps.core.errors import UnavailableError
from apps.core.jobs import holders, messages, outbox, running, tracking, worker
from apps.core.jobs.errors import JobCancelledError, JobInterruptedError
from apps.core.jobs.outbox import Tracked
from apps.core.models import Job, JobMessage, JobState
from tests.broker import received
from tests.core.jobs import work
from tests.core.jobs.work import deliver, record
from tests.waiting import until

SHOWN = Tracked("tests.record", "a thing")


def _raises(error: Exception) -> Callable[[], object]:
    def run() -> None:
        raise error

    return run


def _dead_process(node: str = "worker@here") -> str:
    """As a process signed that has ended."""
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return _signed(node, pid=process.pid)


def _signed(node: str, *, pid: int | None = None, began: str = "", place: str = "") -> str:
    """As a process like this one would sign."""
    own = holders.own(node).split("/")
    return "/".join((node, str(pid or own[1]), began or own[2], place or own[3]))


@contextmanager
def _stopping() -> Iterator[None]:
    worker.stopping.set()
    try:
        yield
    finally:
        worker.stopping.renew()


@pytest.mark.django_db
class TestEnds:
    def test_a_job_runs_once_however_often_it_is_delivered(self) -> None:
        job_id = outbox.enqueue(record, 1, kwargs={"b": 2}, tracked=SHOWN)
        for _ in range(3):
            deliver(job_id)
        assert work.calls == [(1, 2)]
        assert not JobMessage.objects.exists()
        job = Job.objects.get()
        assert (job.state, job.error) == (JobState.COMPLETED, "")
        assert job.started_at is not None
        assert job.ended_at is not None
        assert job.started_at <= job.ended_at

    def test_a_failure_is_kept_for_people(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        work.hooks.append(_raises(ValueError("no such thing")))
        with pytest.raises(ValueError, match="no such thing"):
            deliver(job_id)
        job = Job.objects.get()
        assert (job.state, job.error) == (JobState.FAILED, "ValueError: no such thing")
        assert not JobMessage.objects.exists()

    def test_a_transient_failure_is_tried_again_later_and_not_for_ever(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        work.hooks.extend([_raises(UnavailableError("away"))] * 6)
        for start in range(1, 6):
            deliver(job_id)
            message = JobMessage.objects.get()
            assert (message.holder, message.starts) == ("", start)
            assert message.due_at <= timezone.now() + timedelta(seconds=2 * 2 ** (start - 1))
            assert Job.objects.get().state == JobState.QUEUED
        with pytest.raises(UnavailableError):
            deliver(job_id)
        assert Job.objects.get().state == JobState.FAILED
        assert len(work.calls) == 6

    def test_one_that_works_after_all_leaves_no_error(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        work.hooks.append(_raises(ConnectionResetError("reset")))
        deliver(job_id)
        assert "reset" in Job.objects.get().error
        deliver(job_id)
        job = Job.objects.get()
        assert (job.state, job.error) == (JobState.COMPLETED, "")

    def test_a_stop_of_the_worker_puts_it_back(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        work.hooks.append(lambda: tracking.report(done=1, total=2))
        with _stopping():
            deliver(job_id)
        message = JobMessage.objects.get()
        assert (message.holder, message.starts) == ("", 0)
        assert message.due_at <= timezone.now()
        assert Job.objects.get().state == JobState.QUEUED

    def test_a_job_that_kills_its_process_again_and_again_has_failed(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        for _ in range(record.most_starts):
            assert messages.claim(job_id, node="elsewhere") is not None
            JobMessage.objects.update(due_at=timezone.now())  # its lease ran out
        deliver(job_id)
        assert work.calls == []
        assert Job.objects.get().state == JobState.FAILED
        assert not JobMessage.objects.exists()

    def test_the_figures_count_how_jobs_end(self) -> None:
        def value(outcome: running.Outcome) -> float:
            return metrics.JOBS_COMPLETED.labels(record.name, "low", outcome)._value.get()

        before = value(running.Outcome.COMPLETED), value(running.Outcome.RETRIED)
        work.hooks.append(_raises(TimeoutError()))
        job_id = outbox.enqueue(record)
        deliver(job_id)
        deliver(job_id)
        after = value(running.Outcome.COMPLETED), value(running.Outcome.RETRIED)
        assert after == (before[0] + 1, before[1] + 1)


@pytest.mark.django_db
class TestLeases:
    def test_a_process_that_died_is_taken_over(self) -> None:
        job_id = outbox.enqueue(record)
        assert messages.claim(job_id, node="worker@here") is not None
        deliver(job_id)
        assert work.calls == []  # the holder lives: it is this process
        JobMessage.objects.update(holder=_signed("worker@elsewhere", place="other"))
        deliver(job_id)
        assert work.calls == []  # here nobody knows
        JobMessage.objects.update(holder=_dead_process("another@here"))
        deliver(job_id)
        assert work.calls == [()]

    def test_what_a_dead_process_ran_is_due_at_once(self) -> None:
        ours, reused, others, older, alive = (outbox.enqueue(record, n) for n in range(5))
        dead = _dead_process()
        for job_id, holder in (
            (ours, dead),
            (reused, _signed("worker@here", began="1")),
            (others, dead.rpartition("/")[0] + "/other"),
            (older, dead.rpartition("/")[0].rpartition("/")[0]),
            (alive, _signed("worker@here")),
        ):
            JobMessage.objects.filter(pk=job_id).update(holder=holder)
        is_told = sys.platform == "linux"  # elsewhere one number is one process
        assert messages.release_dead() == (2 if is_told else 1)
        assert outbox.sweep() == (2 if is_told else 1)
        assert {*received("low")} == ({str(ours), str(reused)} if is_told else {str(ours)})

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_one_that_was_killed_and_is_not_buried_is_dead(self) -> None:
        with subprocess.Popen(["/bin/sleep", "60"]) as process:
            began = holders._began(process.pid)
            holder = _signed("worker@here", pid=process.pid, began=began or "")
            assert not holders.is_dead(holder)
            process.kill()
            until(lambda: holders.is_dead(holder))

    @pytest.mark.parametrize("holder", ["", "worker@here/1", "worker@here/x"])
    def test_of_whom_nothing_is_known_is_not_dead(self, holder: str) -> None:
        assert not holders.is_dead(holder)

    def test_who_lost_the_lease_does_not_end_the_others_job(self) -> None:
        job_id = outbox.enqueue(record)
        stalled = messages.claim(job_id, node="worker@here")
        assert stalled is not None
        JobMessage.objects.update(due_at=timezone.now())
        other = messages.claim(job_id, node="worker@elsewhere")
        assert other is not None
        assert not messages.renew(stalled)
        assert not messages.finish(stalled)
        assert messages.renew(other)
        assert messages.finish(other)

    @pytest.mark.parametrize(
        "end",
        [
            lambda: tracking.report(done=1, total=2),
            _raises(TimeoutError()),
            _raises(JobInterruptedError()),
        ],
        ids=["stops at its report", "is tried again", "is put back"],
    )
    def test_who_lost_the_lease_leaves_the_others_job_as_it_is(
        self, end: Callable[[], object]
    ) -> None:
        reported: list[bool] = []

        def lose() -> None:
            JobMessage.objects.update(due_at=timezone.now())
            assert messages.claim(job_id, node="worker@elsewhere") is not None
            end()
            reported.append(True)

        job_id = outbox.enqueue(record, tracked=SHOWN)
        work.hooks.append(lose)
        deliver(job_id)
        assert not reported
        assert JobMessage.objects.get().holder.startswith("worker@elsewhere/")
        job = Job.objects.get()
        assert (job.state, job.done) == (JobState.RUNNING, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_runs_the_job() -> None:
    job_id = outbox.enqueue(record)
    barrier = Barrier(4)

    def claim(number: int) -> object:
        barrier.wait(timeout=30)
        try:
            return messages.claim(job_id, node=f"worker-{number}@here")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        held = [one for one in pool.map(claim, range(4)) if one]
    assert len(held) == 1


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_RENEWED_EVERY", 0.01)
    job_id = outbox.enqueue(record)
    renewed = Event()

    def wait_for_renewal() -> None:
        first = JobMessage.objects.get(pk=job_id).due_at
        for _ in range(1000):
            if JobMessage.objects.get(pk=job_id).due_at > first:
                renewed.set()
                return
            Event().wait(0.02)

    work.hooks.append(wait_for_renewal)
    deliver(job_id)
    assert renewed.is_set()
    assert not JobMessage.objects.exists()


@pytest.mark.django_db
class TestCancelling:
    def test_one_that_waits_never_starts(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        tracking.cancel(job_id)
        deliver(job_id)
        assert work.calls == []
        assert Job.objects.get().state == JobState.CANCELLED

    def test_one_that_runs_stops_at_its_next_report(self) -> None:
        job_id = outbox.enqueue(record, tracked=SHOWN)
        seen = []

        def work_on() -> None:
            tracking.report(done=1, total=4, counts={"films": 1}, message="Nosferatu")
            seen.append(Job.objects.get().percent)
            tracking.cancel(job_id)
            with pytest.raises(JobCancelledError):
                tracking.report(done=2, total=4)
            tracking.report(done=3, total=4)

        work.hooks.append(work_on)
        deliver(job_id)
        job = Job.objects.get()
        assert seen == [25]
        assert (job.state, job.done, job.message) == (JobState.CANCELLED, 1, "Nosferatu")
        assert not JobMessage.objects.exists()

    def test_a_report_of_a_job_that_nobody_sees_is_nothing(self) -> None:
        ended = []

        def report() -> None:
            tracking.report(done=1, total=2)
            ended.append(True)

        work.hooks.append(report)
        deliver(outbox.enqueue(record))
        assert ended

    def test_a_report_outside_of_a_job_is_nothing(self) -> None:
        tracking.report(done=1, total=1)


def test_limits_and_delivery_are_as_promised() -> None:
    current_app.loader.import_default_modules()
    conf = current_app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert conf.task_ignore_result
    ours = [task for name, task in current_app.tasks.items() if not name.startswith("celery.")]
    assert len(ours) >= 6
    for task in ours:
        assert 0 < task.soft_time_limit < task.time_limit
