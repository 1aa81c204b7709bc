"""Two at one moment, on connections of their own."""

from functools import partial

import pytest
from django.contrib.auth.models import Group

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.rbac import selectors, services
from apps.users.models import User
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_administrators_do_not_dismiss_each_other(admin: User, member: User) -> None:
    services.role_assign(actor=admin, user=member, name="admin")
    answers = at_once(
        partial(services.role_remove, actor=member, user=admin, name="admin"),
        partial(services.role_remove, actor=admin, user=member, name="admin"),
    )
    assert sorted(type(answer) for answer in answers if answer) == [ConflictError]
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_role_is_not_given_while_it_goes(admin: User, member: User) -> None:
    services.role_create(actor=admin, name="club")
    given, deleted = at_once(
        partial(services.role_assign, actor=admin, user=member, name="club"),
        partial(services.role_delete, actor=admin, name="club"),
    )
    if given is None:
        assert isinstance(deleted, InvalidInputError)
        assert "club" in selectors.roles_of(user=member)
    else:
        assert isinstance(given, NotFoundError)
        assert deleted is None
        assert not Group.objects.filter(name="club").exists()


def test_a_name_is_taken_once(admin: User) -> None:
    create = partial(services.role_create, actor=admin, name="club")
    answers = at_once(create, create)
    assert sorted(type(answer).__name__ for answer in answers) == ["ConflictError", "Group"]
