"""The clock: enqueues what is due, and sends again what was lost.

Any number of them may run: a turn belongs to the one that writes it into the schedule's row first.
"""

import logging
import time
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_celery_beat import schedulers
from django_celery_beat.models import PeriodicTask

from apps.core.errors import InvalidInputError, NotFoundError
from apps.core.jobs import messages, outbox, schedules
from apps.core.monitoring import jobs as monitoring

logger = logging.getLogger(__name__)

SWEPT_EVERY = 5.0


class Scheduler(schedulers.DatabaseScheduler):  # type: ignore[misc]
    # Jobs go by the database. One of beat's own would have it wait for a broker that is away.
    producer = None
    _sweep_at = 0.0
    _sign_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        try:
            if time.monotonic() >= self._sign_at:
                monitoring.beat_is_alive()
                self._sign_at = time.monotonic() + monitoring.HEARTBEAT_SECONDS
            if time.monotonic() >= self._sweep_at:
                messages.release_dead()
                outbox.sweep()
                schedules.forget_the_future()
                self._sweep_at = time.monotonic() + SWEPT_EVERY
            return min(float(super().tick(*args, **kwargs)), SWEPT_EVERY)
        except DatabaseError as error:
            logger.warning("the database is away, what is due waits: %s", error)
            connection.close()  # else one that has broken is asked again and again
            self._heap = None  # it has lost the entry that was about to run
            return SWEPT_EVERY

    def enabled_models_qs(self) -> QuerySet[PeriodicTask]:
        """All of them. The package leaves out what has its hour later or earlier in the day, and so
        what was due while no beat ran."""
        rows: QuerySet[PeriodicTask] = PeriodicTask.objects.enabled()
        return rows

    def schedule_changed(self) -> bool:
        """Also by a change that is older than the last one: the clock has been set right."""
        before = self._last_timestamp
        is_later = bool(super().schedule_changed())
        now = self._last_timestamp
        return is_later or (before is not None and now is not None and now < before)

    def reserve(self, entry: schedulers.ModelEntry) -> schedulers.ModelEntry:
        """Enqueue the entry's job if the turn is ours; answers the entry for the next turn."""
        with transaction.atomic():
            if _take_turn(entry):
                _fire(entry)
        return next(entry)

    def apply_entry(self, entry: schedulers.ModelEntry, producer: object = None) -> None:
        """`reserve` has done it, in one transaction with the turn."""


def _take_turn(entry: schedulers.ModelEntry) -> bool:
    """Whether no other beat has taken this turn."""
    seen = Q(last_run_at__isnull=True) | Q(last_run_at__lte=entry.last_run_at)
    turn = {"last_run_at": timezone.now(), "total_run_count": F("total_run_count") + 1}
    return bool(PeriodicTask.objects.filter(seen, pk=entry.model.pk, enabled=True).update(**turn))


def _fire(entry: schedulers.ModelEntry) -> None:
    try:
        job_id = schedules.fire(entry.model)
    except (NotFoundError, InvalidInputError) as error:
        logger.warning("the schedule %s cannot run: %s", entry.name, error)
    else:
        logger.info("%s: %s", entry.name, job_id or "still waits or runs, not sent again")
