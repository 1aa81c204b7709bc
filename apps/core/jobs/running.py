"""Running a job in a worker: under a lease, with its context, to one of its ends."""

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from apps.core import metrics
from apps.core.context import in_job
from apps.core.jobs import messages, tracking
from apps.core.jobs.errors import JobCancelledError, JobInterruptedError
from apps.core.jobs.messages import Held
from apps.core.jobs.models import JobState
from apps.core.jobs.task import JobTask

logger = logging.getLogger(__name__)

_RENEWED_EVERY = messages.LEASE.total_seconds() / 4


class Outcome(StrEnum):
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    INTERRUPTED = "interrupted"


def run(task: JobTask, *args: Any, **kwargs: Any) -> None:
    """Run the job of the message at hand, unless it is done or another process is at it."""
    held = messages.claim(UUID(task.request.id), node=task.request.hostname or "")
    if held is None:
        logger.debug("%s %s has been delivered twice", task.name, task.request.id)
        return
    if held.is_tracked and not tracking.started(held.id):
        messages.finish(held)
        return
    if held.start > task.most_starts:
        logger.error("%s %s has lost its process %d times", task.name, held.id, task.most_starts)
        _end(held, JobState.FAILED, "Its worker was killed, or it ran out of time, too often")
        _count(task, Outcome.FAILED)
        return
    belonging = in_job(
        job_id=held.id, task=task.name, request_id=held.request_id, user_id=held.user_id
    )
    with belonging, _lease(held), _timed(task):
        try:
            outcome = _attempt(task, held, functools.partial(task.run, *args, **kwargs))
        except Exception:
            _count(task, Outcome.FAILED)
            raise
        _count(task, outcome)


def _attempt(task: JobTask, held: Held, work: Callable[[], object]) -> Outcome:
    """Raises what the job raised when that is its end."""
    try:
        work()
    except JobInterruptedError:
        _put_back(held, is_counted=False)
        return Outcome.INTERRUPTED
    except JobCancelledError:
        _end(held, JobState.CANCELLED)
        return Outcome.CANCELLED
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        delay = task.retry_rule.value.delay(error, tried=held.start)
        if delay is None:
            _end(held, JobState.FAILED, text)
            raise
        logger.warning("%s %s is tried again in %s: %s", task.name, held.id, delay, text)
        _put_back(held, after=delay, reason=text)
        return Outcome.RETRIED
    _end(held, JobState.COMPLETED)
    return Outcome.COMPLETED


def _end(held: Held, state: JobState, error: str = "") -> None:
    with transaction.atomic():
        if not messages.finish(held):
            _lost(held)
        elif held.is_tracked:
            tracking.ended(held.id, state, error=error)


def _put_back(
    held: Held, *, after: timedelta = timedelta(), is_counted: bool = True, reason: str = ""
) -> None:
    with transaction.atomic():
        if not messages.put_back(held, after=after, is_counted=is_counted):
            _lost(held)
        elif held.is_tracked:
            tracking.waits_again(held.id, reason=reason)


def _lost(held: Held) -> None:
    logger.warning("the job %s was taken over while it ran", held.id)


def _count(task: JobTask, outcome: Outcome) -> None:
    logger.info("%s %s", task.name, outcome)
    metrics.JOBS_COMPLETED.labels(task.name, task.job_queue, outcome).inc()


@contextmanager
def _timed(task: JobTask) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - begin
        metrics.JOBS_SECONDS.labels(task.name, task.job_queue).observe(seconds)


@contextmanager
def _lease(held: Held) -> Iterator[None]:
    """Renew the lease beside the job, until it ends."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(held, over), name="job-lease", daemon=True)
    thread.start()
    outer = messages.at_hand.set(held)
    try:
        yield
    finally:
        messages.at_hand.reset(outer)
        over.set()
        thread.join()


def _renew(held: Held, over: threading.Event) -> None:
    while not over.wait(_RENEWED_EVERY):
        try:
            if not messages.renew(held):
                return
        except DatabaseError:
            logger.warning("the lease of the job %s could not be renewed", held.id)
        finally:
            connection.close()
