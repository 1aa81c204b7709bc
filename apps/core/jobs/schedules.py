"""Work that recurs: rows that beat reads and that the console may change."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from celery import schedules as celery_schedules
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_celery_beat.models import (
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
)

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.core.jobs import outbox, task
from apps.core.jobs.models import JobMessage, Queue

_NAME_LENGTH = 180
_CLOCKS_DIFFER = timedelta(hours=1)
"""At most, those of machines that run beat."""
_OWNED = r'^\["[0-9a-f-]{36}"\]$'
OWNERS: "dict[str, OwnerPage]" = {}
"""By the task of schedules that `follow`; the apps of their owners register them."""
C = TypeVar("C", list[Any], dict[str, Any])


@dataclass(frozen=True)
class OwnerPage:
    """Where the console changes what schedules follow: the name of its route, which takes the
    owner's id, and what people are told."""

    route: str
    text: Promise


@dataclass(frozen=True)
class Seed:
    task: str
    every: timedelta


@dataclass(frozen=True)
class Upcoming:
    """A schedule as people read it; `next_run` is None while it is switched off."""

    row: PeriodicTask
    last_run: datetime | None
    next_run: datetime | None
    is_busy: bool
    """Its job waits or runs."""


def seed(wanted: dict[str, Seed]) -> None:
    """Make the schedules that are not there; those that are stay as they were changed.

    Schedules of tasks that no longer exist go.
    """
    for name, one in wanted.items():
        every, period = _in_largest_unit(one.every)
        interval, _made = IntervalSchedule.objects.get_or_create(every=every, period=period)
        PeriodicTask.objects.get_or_create(
            name=name, defaults={"task": one.task, "interval": interval}
        )
    known = task.names()
    for row in PeriodicTask.objects.exclude(task__in=known):
        row.delete()


def follow(
    owner: UUID, *, name: str, task_name: str, crontab: celery_schedules.crontab | None
) -> None:
    """Have the task run with its owner's id as the crontab says, or with None no more.

    `name` is what people read; the row is known by task and owner. Beat takes a change up within
    seconds of its commit. Raises InvalidInputError for a crontab that the tables cannot hold.
    """
    about = {"task": task_name, "args": json.dumps([str(owner)])}
    row = PeriodicTask.objects.filter(**about).first() or PeriodicTask(**about)
    if crontab is None:
        if row.pk is not None:
            row.delete()
        return
    name = f"{name[:_NAME_LENGTH]} ({str(owner)[-8:]})"
    timing = _stored(crontab)
    if (row.name, row.crontab_id) != (name, timing.pk):
        row.name, row.crontab = name, timing
        row.save()


def following() -> QuerySet[PeriodicTask]:
    """Those made by `follow`: a change of one would not last."""
    rows: QuerySet[PeriodicTask] = PeriodicTask.objects.filter(task__in=OWNERS)
    return rows.filter(args__regex=_OWNED)


def owner_of(row: PeriodicTask) -> tuple[Promise, str]:
    """Of one that follows: what people are told, and the address where it is changed."""
    page = OWNERS[row.task]
    return page.text, reverse(page.route, args=json.loads(row.args))


def _stored(crontab: celery_schedules.crontab) -> CrontabSchedule:
    row = CrontabSchedule.from_schedule(crontab)
    if row.pk is None:
        try:
            row.full_clean()
        except ValidationError as error:
            raise InvalidInputError(_("The schedule is too long, or no crontab.")) from error
        row.save()
    return row


def fire(row: PeriodicTask) -> UUID | None:
    """Enqueue a schedule's job, unless the one before still waits or runs: then None.

    One that is late therefore runs once, however often it was due. Raises NotFoundError for a task
    that does not exist, InvalidInputError for arguments that are none.
    """
    job_id = new_id()
    enqueued = outbox.enqueue(
        task.by_name(row.task),
        *_parsed(row.args, list),
        job_id=job_id,
        key=_key(row),
        kwargs=_parsed(row.kwargs, dict),
        queue=Queue(row.queue) if row.queue in Queue.values else None,
    )
    return job_id if enqueued == job_id else None


def run_now(pk: int) -> PeriodicTask:
    """In place of its next turn. Raises what `fire` raises, and ConflictError while its job waits
    or runs."""
    row = PeriodicTask.objects.filter(pk=pk).first()
    if row is None:
        raise NotFoundError(_("There is no such schedule."))
    if fire(row) is None:
        raise ConflictError(_("It waits or runs already."))
    ran = {"last_run_at": timezone.now(), "total_run_count": F("total_run_count") + 1}
    PeriodicTask.objects.filter(pk=pk).update(**ran)
    PeriodicTasks.update_changed()  # beat counts from this run on
    return row


def forget_the_future() -> None:
    """What last ran at a time that has not come counts from now on, when a clock went ahead and was
    set right; else it would rest until then."""
    now = timezone.now()
    rows = PeriodicTask.objects.alias(ran_at=Coalesce("last_run_at", "date_changed"))
    if rows.filter(ran_at__gt=now + _CLOCKS_DIFFER).update(last_run_at=now):
        PeriodicTasks.update_changed()


def upcoming() -> list[Upcoming]:
    """Every schedule by its name."""
    rows = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked")
    keys = JobMessage.objects.filter(key__startswith=_KEY).values_list("key", flat=True)
    busy = set(keys)
    return [
        Upcoming(row, row.last_run_at, _next_run(row), _key(row) in busy)
        for row in rows.order_by("name")
    ]


def _in_largest_unit(time: timedelta) -> tuple[int, str]:
    """A day as one day, and not as 86,400 seconds."""
    seconds = int(time.total_seconds())
    for unit, period in (
        (86_400, IntervalSchedule.DAYS),
        (3600, IntervalSchedule.HOURS),
        (60, IntervalSchedule.MINUTES),
    ):
        if seconds % unit == 0:
            return seconds // unit, period
    return seconds, IntervalSchedule.SECONDS


def _parsed(text: str, kind: type[C]) -> C:
    """What somebody has written in the console."""
    try:
        found = json.loads(text or "null")
    except ValueError:
        found = text
    if found is None:
        return kind()
    if not isinstance(found, kind) or "\\u0000" in text:  # which PostgreSQL cannot keep
        raise InvalidInputError(_("The arguments of the schedule are not valid."))
    return found


_KEY = "schedule:"


def _key(row: PeriodicTask) -> str:
    return f"{_KEY}{row.name}"


def _next_run(row: PeriodicTask) -> datetime | None:
    if not row.enabled:
        return None
    schedule: Any = row.schedule
    if isinstance(schedule, celery_schedules.BaseSchedule):
        remaining = schedule.remaining_estimate(row.last_run_at or row.date_changed)
        # To the second, as schedules are.
        next_run = timezone.now() + max(remaining, timedelta()) + timedelta(seconds=0.5)
        return next_run.replace(microsecond=0)
    return None
