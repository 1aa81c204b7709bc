"""How entries leave the log."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from apps.activity import retention
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.setup import preparing
from apps.siteconfig import services as siteconfig
from apps.siteconfig import tasks
from apps.siteconfig.declared import ACTIVITY_DAYS
from apps.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log() -> None:
    """Seven of 400 days, three of today."""
    now = timezone.now()
    for number in range(10):
        age = timedelta(days=400 if number < 7 else 0)
        action = Action.LOGIN if number % 2 else Action.LOGOUT
        ActivityEntry.objects.create(action=action, created_at=now - age, username=str(number))


def _left() -> list[str]:
    kept = ActivityEntry.objects.exclude(action=Action.ACTIVITY_PURGE)
    return sorted(kept.values_list("username", flat=True))


@pytest.mark.usefixtures("log")
def test_what_is_older_goes_and_that_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    tasks.activity_purge()
    assert _left() == ["7", "8", "9"]
    entry = ActivityEntry.objects.get(action=Action.ACTIVITY_PURGE)
    assert entry.metadata["entries"] == 7
    assert entry.user_id is None
    tasks.activity_purge()
    assert ActivityEntry.objects.filter(action=Action.ACTIVITY_PURGE).count() == 1


@pytest.mark.usefixtures("log")
def test_the_log_is_closed_again_afterwards() -> None:
    retention.purge(kept=timedelta(days=365))
    with pytest.raises(DatabaseError, match="append-only"):
        ActivityEntry.objects.all().delete()
    assert _left() == ["7", "8", "9"]


@pytest.mark.django_db(transaction=False)
@pytest.mark.usefixtures("log")
def test_it_is_closed_again_within_a_larger_transaction() -> None:
    retention.purge(kept=timedelta(days=365))
    with pytest.raises(DatabaseError, match="append-only"):
        ActivityEntry.objects.update(username="x")


@pytest.mark.usefixtures("log")
def test_a_run_that_fails_on_the_way_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    purge_batch = retention._purge_batch
    results = [purge_batch, purge_batch]

    def fails_later(before: datetime) -> int:
        if not results:
            raise KeyboardInterrupt
        return results.pop()(before)

    monkeypatch.setattr(retention, "_purge_batch", fails_later)
    with pytest.raises(KeyboardInterrupt):
        retention.purge(kept=timedelta(days=365))
    assert len(_left()) == 4
    assert ActivityEntry.objects.get(action=Action.ACTIVITY_PURGE).metadata["entries"] == 6


@pytest.mark.usefixtures("admin", "log")
def test_the_setting_says_how_long(admin: User) -> None:
    siteconfig.server_setting_update(setting=ACTIVITY_DAYS, value=500, actor=admin)
    tasks.activity_purge()
    assert len(_left()) == 11
    siteconfig.server_setting_update(setting=ACTIVITY_DAYS, value=30, actor=admin)
    tasks.activity_purge()
    assert len(_left()) == 5


@pytest.mark.usefixtures("log")
def test_the_command_counts_first() -> None:
    out = StringIO()
    call_command("activity_purge", "--dry-run", stdout=out)
    assert out.getvalue() == "user.login: 3\nuser.logout: 4\nwould be removed: 7\n"
    assert len(_left()) == 10
    call_command("activity_purge", stdout=out)
    assert out.getvalue().endswith("removed: 7\n")
    assert _left() == ["7", "8", "9"]


def test_it_recurs() -> None:
    assert any(seed.task == tasks.activity_purge.name for seed in preparing.SCHEDULES.values())
