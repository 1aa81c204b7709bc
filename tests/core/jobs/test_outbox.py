"""Jobs are handed over with the transaction, and nothing that may die loses one."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from apps.core.context import current_job_id, current_request_id, current_user_id
from apps.core.jobs import messages, outbox, queues
from apps.core.jobs.models import Queue
from apps.core.jobs.outbox import Tracked
from apps.core.jobs.sender import sender
from apps.core.models import Job, JobMessage
from tests.broker import broker_away, received
from tests.core.jobs import work
from tests.core.jobs.work import deliver, record


def _lost(**columns: object) -> None:
    """Time has passed, and nobody has seen to the messages."""
    JobMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1), **columns)


@pytest.mark.django_db(transaction=True)
class TestHandingOver:
    def test_outside_of_a_transaction_it_is_sent_at_once(self) -> None:
        job_id = outbox.enqueue(record, "a", 1)
        sender().flush()
        assert received("low") == [str(job_id)]
        message = JobMessage.objects.get()
        assert (message.id, message.task, message.queue) == (job_id, "tests.record", "low")
        assert (message.args, message.kwargs, message.holder) == (["a", 1], {}, "")

    def test_it_is_sent_after_the_commit_and_not_before(self) -> None:
        with transaction.atomic():
            job_id = outbox.enqueue(record)
            sender().flush()
            assert received("low") == []
        sender().flush()
        assert received("low") == [str(job_id)]

    def test_what_is_rolled_back_was_never_handed_over(self) -> None:
        with transaction.atomic():
            outbox.enqueue(record, tracked=Tracked("tests.record"))
            transaction.set_rollback(True)
        sender().flush()
        assert received("low") == []
        assert not JobMessage.objects.exists()
        assert not Job.objects.exists()

    def test_without_a_broker_it_waits_for_the_sweep(self) -> None:
        with broker_away():
            job_id = outbox.enqueue(record)
            sender().flush()
            assert JobMessage.objects.get().due_at <= timezone.now()
            assert outbox.sweep() == 0
            assert JobMessage.objects.get().due_at <= timezone.now()
        assert outbox.sweep() == 1
        assert received("low") == [str(job_id)]

    def test_two_sweeps_at_once_send_each_job_once(self) -> None:
        jobs = {str(outbox.enqueue(record)) for _ in range(20)}
        sender().flush()
        received("low")
        _lost()
        barrier = Barrier(4)

        def sweep() -> int:
            barrier.wait(timeout=30)
            try:
                return outbox.sweep()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: sweep(), range(4))) == 20
        sent = received("low")
        assert len(sent) == 20
        assert set(sent) == jobs

    def test_of_one_key_one_job_waits_or_runs(self) -> None:
        barrier = Barrier(4)

        def enqueue() -> uuid.UUID:
            barrier.wait(timeout=30)
            try:
                return outbox.enqueue(record, key="one", tracked=Tracked("tests.record"))
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            ids = set(pool.map(lambda _: enqueue(), range(4)))
        sender().flush()
        assert len(ids) == JobMessage.objects.count() == Job.objects.count() == 1
        assert received("low") == [str(ids.pop())]
        deliver(JobMessage.objects.get().pk)
        outbox.enqueue(record, key="one")
        assert JobMessage.objects.count() == 1


def test_a_process_that_dies_before_it_sends_loses_nothing(db: None) -> None:  # noqa: ARG001
    job_id = outbox.enqueue(record)  # the test's transaction ends without its hooks
    assert outbox.sweep() == 0  # the process may still be about to
    _lost()
    assert outbox.sweep() == 1
    assert received("low") == [str(job_id)]


def test_a_message_is_sent_again_ever_more_rarely(db: None, settings: LazySettings) -> None:  # noqa: ARG001
    outbox.enqueue(record)
    waits = []
    for _ in range(9):
        _lost()
        outbox.sweep()
        waits.append(JobMessage.objects.get().due_at - timezone.now())
    first = timedelta(seconds=settings.JOBS_RESEND_SECONDS)
    assert waits[0] <= 2 * first < waits[1] <= 4 * first
    assert waits[7] <= 64 * first
    assert waits[8] <= 64 * first


def test_arguments_are_plain_values(db: None) -> None:  # noqa: ARG001
    with pytest.raises(TypeError, match="UUID"):
        outbox.enqueue(record, uuid.uuid4())
    assert not JobMessage.objects.exists()


def test_the_size_and_the_age_of_the_queues(db: None) -> None:  # noqa: ARG001
    assert queues.sizes() == {"critical": 0, "high": 0, "default": 0, "low": 0, "bulk": 0}
    first, _ = outbox.enqueue(record), outbox.enqueue(record)
    hour_ago = timezone.now() - timedelta(hours=1)
    JobMessage.objects.filter(pk=first).update(created_at=hour_ago)
    low = queues.waiting()[Queue.LOW]
    assert low.jobs == 2
    assert timedelta(hours=1) <= low.oldest < timedelta(hours=2)
    messages.claim(first, node="worker@here")
    assert queues.sizes()["low"] == 1


def test_the_job_knows_whose_request_it_comes_from(
    db: None,  # noqa: ARG001
) -> None:
    user = uuid.uuid4()
    request_token, user_token = current_request_id.set("request-1"), current_user_id.set(user)
    try:
        job_id = outbox.enqueue(record)
    finally:
        current_request_id.reset(request_token)
        current_user_id.reset(user_token)
    seen: list[object] = []

    def look() -> None:
        seen.extend([current_job_id.get(), current_request_id.get(), current_user_id.get()])

    work.hooks.append(look)
    deliver(job_id)
    assert seen == [job_id, "request-1", user]
    assert (current_job_id.get(), current_request_id.get()) == (None, "")
