"""The rows of jobs on their way. Each statement is one step; the database's clock is the judge."""

import json
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from apps.core.db.claims import claim as lock_rows
from apps.core.jobs import holders
from apps.core.jobs.models import JobMessage

LEASE = timedelta(minutes=1)
"""How long a process that runs a job may stay silent."""
_DOUBLINGS = 6

_INSERT = """
INSERT INTO core_jobmessage (id, key, task, queue, args, kwargs, is_tracked, request_id, user_id,
                             holder, sends, starts, created_at, due_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s, '', 1, 0, statement_timestamp(),
        statement_timestamp() + %s)
ON CONFLICT (key) DO NOTHING
"""
_CLAIM = """
UPDATE core_jobmessage
   SET holder = %s, starts = starts + 1, due_at = statement_timestamp() + %s
 WHERE id = %s AND (holder = ANY(%s) OR due_at <= statement_timestamp())
RETURNING starts, is_tracked, request_id, user_id
"""


@dataclass(frozen=True)
class Held:
    """A job that this process runs. `start` is its number: a later one is another process's."""

    id: UUID
    start: int
    is_tracked: bool
    request_id: str
    user_id: UUID | None


at_hand: ContextVar[Held | None] = ContextVar("at_hand", default=None)
"""None outside of a job."""


def insert(message: JobMessage) -> bool:
    """False when a job of the same key waits or runs already."""
    values: tuple[Any, ...] = (
        *(message.id, message.key, message.task, message.queue),
        *(json.dumps(message.args), json.dumps(message.kwargs)),
        *(message.is_tracked, message.request_id, message.user_id, _carried()),
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        return bool(cursor.rowcount)


def claim(message_id: UUID, *, node: str) -> Held | None:
    """Take a job for this process; None when it is done, or another process is at it."""
    free = [""]
    for _ in range(2):
        values: tuple[Any, ...] = (holders.own(node), LEASE, message_id, free)
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, values)
            if row := cursor.fetchone():
                return Held(message_id, *row)
        holder = JobMessage.objects.filter(pk=message_id).values_list("holder", flat=True).first()
        if holder is None or not holders.is_dead(holder):
            return None
        free.append(holder)
    return None


def renew(held: Held) -> bool:
    """Go on for another LEASE; False when the job is no longer ours."""
    return bool(_held(held).update(due_at=Now() + LEASE))


def finish(held: Held) -> bool:
    """The job is done, one way or another; False when it was no longer ours."""
    return bool(_held(held).delete()[0])


def put_back(held: Held, *, after: timedelta = timedelta(), is_counted: bool = True) -> bool:
    """Have it start anew, not before `after`; False when it was no longer ours."""
    starts = F("starts") if is_counted else F("starts") - 1
    return bool(_held(held).update(holder="", starts=starts, due_at=Now() + after))


def take_due(limit: int) -> list[JobMessage]:
    """Messages that are to be sent again: the broker lost them, or a process its lease."""
    with transaction.atomic():
        due = lock_rows(
            JobMessage.objects.filter(due_at__lte=Now()).order_by("due_at"), limit=limit
        )
        for sends in {message.sends for message in due}:
            same = [message.pk for message in due if message.sends == sends]
            JobMessage.objects.filter(pk__in=same).update(
                holder="", sends=sends + 1, due_at=Now() + _carried(sends)
            )
    return due


def not_sent(message_ids: Collection[UUID]) -> None:
    """The broker is away: the next sweep is to send them."""
    JobMessage.objects.filter(pk__in=message_ids, holder="").update(due_at=Now())


def release_dead() -> int:
    """What processes ran that are known to be gone is due again. Answers how much that is."""
    held = JobMessage.objects.filter(holder__endswith=f"/{holders.place()}")
    found = held.values_list("holder", flat=True).distinct()
    dead = [holder for holder in found if holders.is_dead(holder)]
    if not dead:
        return 0
    return JobMessage.objects.filter(holder__in=dead).update(holder="", due_at=Now())


def _carried(sends: int = 0) -> timedelta:
    """How long the broker is trusted with a message that was sent again so many times."""
    return timedelta(seconds=settings.JOBS_RESEND_SECONDS << min(sends, _DOUBLINGS))


def _held(held: Held) -> QuerySet[JobMessage]:
    return JobMessage.objects.filter(pk=held.id, starts=held.start).exclude(holder="")
