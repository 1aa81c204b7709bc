"""Reads of the log."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from apps.activity.models import ActivityEntry
from apps.core.db.keyset import cursor_after, cursor_read, page_after
from apps.core.db.lists import Column, Filters, Ordering
from apps.core.db.transactions import consistent_read

if TYPE_CHECKING:
    from apps.users.models import User

LATEST_FIRST: Final = Ordering(
    "activity", (Column("created_at", descending=True), Column("id", descending=True))
)
FILTERS: Final = Filters({
    "user_id": lambda user_id: Q(user_id=user_id),
    "username": lambda name: Q(username__iexact=name),
    "action": lambda action: Q(action=action),
    "resource_type": lambda kind: Q(resource_type=kind),
    "resource_id": lambda resource_id: Q(resource_id=resource_id),
    "success": lambda success: Q(success=success),
    "start_time": lambda time: Q(created_at__gte=time),
    "end_time": lambda time: Q(created_at__lte=time),
})  # fmt: skip
_RESOURCE_TYPES: Final = """
    WITH RECURSIVE kinds (kind) AS (
        SELECT min(resource_type) FROM activity_activityentry WHERE resource_type > ''
        UNION ALL
        SELECT (SELECT min(resource_type) FROM activity_activityentry WHERE resource_type > kind)
        FROM kinds WHERE kind IS NOT NULL
    )
    SELECT kind FROM kinds WHERE kind IS NOT NULL
"""
Wanted = Mapping[str, object]
"""Values of FILTERS by their names; None is none."""


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[ActivityEntry]
    cursor: str | None
    """Of the entries behind these; None at the end."""


@dataclass(frozen=True, slots=True)
class Statistics:
    total_count: int
    success_count: int
    oldest_entry: datetime | None
    newest_entry: datetime | None

    @property
    def failed_count(self) -> int:
        return self.total_count - self.success_count


def entries(wanted: Wanted) -> QuerySet[ActivityEntry]:
    """Raises InvalidInputError for a filter that there is not."""
    return ActivityEntry.objects.filter(FILTERS.condition(wanted))


def entries_of(user: "User") -> QuerySet[ActivityEntry]:
    """What the user did, and what was done or tried with the account."""
    return ActivityEntry.objects.filter(
        Q(user_id=user.pk) | Q(resource_type="user", resource_id=user.pk)
    )


@consistent_read()
def entry_stretch(wanted: Wanted, *, limit: int, offset: int) -> tuple[list[ActivityEntry], int]:
    """Some entries, the latest first, and how many there are in all."""
    found = entries(wanted)
    stretch = LATEST_FIRST.apply(found)[offset : offset + limit]
    return list(stretch), found.order_by().count()


def entry_page(found: QuerySet[ActivityEntry], *, limit: int, cursor: str | None = None) -> Page:
    """The latest, or those behind a cursor. Raises InvalidInputError for a cursor that is none."""
    if cursor is None:
        rows = list(LATEST_FIRST.apply(found)[: limit + 1])
    else:
        place = cursor_read(cursor, ordering=LATEST_FIRST)
        rows = list(page_after(found, ordering=LATEST_FIRST, cursor=place, limit=limit + 1))
    shown = rows[:limit]
    if len(rows) == len(shown):
        return Page(shown, None)
    behind = cursor_after(shown[-1], ordering=LATEST_FIRST, total=0)
    return Page(shown, behind.sign(LATEST_FIRST))


def batches(found: QuerySet[ActivityEntry], *, size: int) -> Iterator[list[ActivityEntry]]:
    """All entries, the latest first, without a transaction that stays open meanwhile."""
    batch = list(LATEST_FIRST.apply(found)[:size])
    while batch:
        yield batch
        last = cursor_after(batch[-1], ordering=LATEST_FIRST, total=0)
        batch = list(page_after(found, ordering=LATEST_FIRST, cursor=last, limit=size))


def statistics() -> Statistics:
    found = ActivityEntry.objects.aggregate(
        total_count=Count("id"),
        success_count=Count("id", filter=Q(success=True)),
        oldest_entry=Min("created_at"),
        newest_entry=Max("created_at"),
    )
    return Statistics(**found)


def action_counts(*, limit: int) -> list[tuple[str, int]]:
    """The most frequent first."""
    counted = ActivityEntry.objects.order_by().values_list("action").annotate(count=Count("id"))
    return list(counted.order_by("-count", "action")[:limit])


def resource_types() -> list[str]:
    """Every kind of object that the log knows, each by one look into the index
    (https://wiki.postgresql.org/wiki/Loose_indexscan)."""
    with connection.cursor() as cursor:
        cursor.execute(_RESOURCE_TYPES)
        return [kind for (kind,) in cursor.fetchall()]


def outdated(*, kept: timedelta) -> dict[str, int]:
    """How many entries of each action are older."""
    old = ActivityEntry.objects.filter(created_at__lt=timezone.now() - kept)
    return dict(old.order_by().values_list("action").annotate(count=Count("id")))


def is_known(*, user_id: uuid.UUID) -> bool:
    """Whether the log names the user."""
    return ActivityEntry.objects.filter(user_id=user_id).exists()
