"""The only way in which entries leave the log."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from apps.activity import services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.db.transactions import transaction

BATCH = 5000


def purge(*, kept: timedelta) -> int:
    """Delete what is older, in short transactions; answers how many entries that were.

    Their number is recorded, also that of a run which fails on the way.
    """
    before = timezone.now() - kept
    removed = 0
    try:
        while batch := _purge_batch(before):
            removed += batch
    finally:
        if removed:
            services.record(
                Action.ACTIVITY_PURGE, metadata={"entries": removed, "older_than": before}
            )
    return removed


@transaction()
def _purge_batch(before: datetime) -> int:
    old = ActivityEntry.objects.filter(created_at__lt=before).order_by("created_at", "id")
    with connection.cursor() as cursor:
        # The trigger lets them go for these statements only.
        cursor.execute("SET LOCAL revenge.retention = 'on'")
        removed, _by_model = ActivityEntry.objects.filter(pk__in=old.values("pk")[:BATCH]).delete()
        cursor.execute("SET LOCAL revenge.retention = 'off'")
    return removed
