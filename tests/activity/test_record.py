"""The log of what was done."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.activity import services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.context import Origin, in_request
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_secrets_are_masked(member: User) -> None:
    services.record(
        Action.USER_UPDATE,
        actor=member,
        resource=member,
        changes={"password": ("old", "new"), "display_name": ("", "Me\0")},
        metadata={"inner": {"api_key": "rv_1"}},
    )
    entry = ActivityEntry.objects.get()
    assert entry.changes == {
        "password": {"old": "********", "new": "********"},
        "display_name": {"old": "", "new": "Me"},
    }
    assert entry.metadata == {"inner": {"api_key": "********"}}
    assert (entry.resource_type, entry.resource_id) == ("user", member.pk)


def test_what_is_recorded_stays(member: User) -> None:
    services.record(Action.LOGIN, actor=member)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ActivityEntry.objects.update(username="somebody")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ActivityEntry.objects.all().delete()
    assert ActivityEntry.objects.get().username == "member"


def test_no_session_is_exempt() -> None:
    """A superuser's that calls itself a replica's runs only triggers that are marked `ALWAYS`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'activity_append_only'")
        assert cursor.fetchall() == [("A",)]


def test_secrets_are_told_by_the_last_part_of_a_name(member: User) -> None:
    changes = {"passwords.minimum_length": (8, 9), "custom.API_KEY": ("a", "b"), "code": (1, None)}
    services.record(Action.SETTING_UPDATE, actor=member, changes=changes)
    assert ActivityEntry.objects.get().changes == {
        "passwords.minimum_length": {"old": 8, "new": 9},
        "custom.API_KEY": {"old": "********", "new": "********"},
        "code": {"old": "********", "new": None},
    }


def test_what_somebody_sends_can_be_kept() -> None:
    with in_request("request-1", Origin("192.0.2.7", "\ud800\0x")):
        services.record(
            Action.LOGIN_FAILED,
            username="a\0\ud800" + "x" * 300,
            error="\ud800" * 600,
            metadata={"text": "y" * 5000, "inner": {"\0k": "\ud800"}},
        )
    entry = ActivityEntry.objects.get()
    assert entry.username == "a?" + "x" * 252
    assert (entry.user_agent, entry.error_message) == ("?x", "?" * 500)
    assert entry.metadata["inner"] == {"k": "?"}
    assert len(entry.metadata["text"]) == 2001


def test_it_goes_with_the_transaction_of_the_change(member: User) -> None:
    with transaction.atomic():
        services.record(Action.LOGIN, actor=member)
        transaction.set_rollback(True)
    assert not ActivityEntry.objects.exists()
