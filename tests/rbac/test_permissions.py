"""What a role allows."""

import pytest
from django.contrib.auth.models import Group

from apps.core.permissions import Permission, covers
from apps.rbac import built_in, seeding
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_an_administrator_may_everything(admin: User) -> None:
    assert all(admin.has_perm(each) for each in Permission)


def test_a_new_account_is_a_user(member: User) -> None:
    assert member.has_perm(Permission.PLAYBACK_PROGRESS)
    assert not member.has_perm(Permission.LIBRARIES_SCAN)


def test_a_wildcard_is_of_its_resource_alone() -> None:
    held = frozenset({"movies:*", "libraries:get"})
    assert covers(held, "movies:list")
    assert covers(held, "libraries:get")
    assert not covers(held, "libraries:list")
    assert not covers(held, "moviesx:list")


def test_who_is_switched_off_may_nothing(member: User) -> None:
    member.is_active = False
    assert not member.has_perm(Permission.MOVIES_LIST)


def test_seeding_again_keeps_what_was_changed() -> None:
    guests = Group.objects.get(name=built_in.GUEST)
    guests.permissions.clear()
    seeding.seed()
    assert not guests.permissions.exists()
