"""The log of what was done."""

import pytest
from django.db import DatabaseError, transaction

from apps.activity import services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
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


def test_it_goes_with_the_transaction_of_the_change(member: User) -> None:
    with transaction.atomic():
        services.record(Action.LOGIN, actor=member)
        transaction.set_rollback(True)
    assert not ActivityEntry.objects.exists()
