"""Names that look like somebody else's are refused."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from apps.core.errors import ConflictError, InvalidInputError
from apps.users import services
from apps.users.models import User
from apps.users.names import not_deceptive
from tests.conftest import PASSWORD


def make(name: str) -> User:
    return services.user_create(username=name, email=f"{name}@example.org", password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("paul", "pau1"),
        ("paul", "pauI"),
        ("Ilse", "llse"),
        ("otto", "0tt0"),
        ("OTTO", "0TT0"),
        ("emma", "ernrna"),
        ("emma", "EMMA"),
        ("Tom_1", "TOM_l"),
    ],
)
def test_a_look_alike_is_taken(db: None, name: str, alike: str) -> None:  # noqa: ARG001
    user = make(name)
    with pytest.raises(ConflictError) as raised:
        make(alike)
    assert raised.value.details
    assert User.objects.get() == user
    services.user_update(user=user, changes={"username": alike})  # one's own does not count


@pytest.mark.parametrize(("name", "other"), [("kai", "kal"), ("anna", "hanna"), ("a-b", "a_b")])
def test_what_looks_different_is_not(db: None, name: str, other: str) -> None:  # noqa: ARG001
    make(name)
    make(other)
    assert User.objects.count() == 2


def test_the_database_keeps_it(db: None) -> None:  # noqa: ARG001
    User.objects.create(username="paul", email="a@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create(username="pau1", email="b@example.org")


@pytest.mark.parametrize(
    "name", ["", "Paul", "Zoë Müller", "Алексей", "山田 太郎", "Νίκος", "🎬 Paul"]
)
def test_names_of_all_scripts_are_good(name: str) -> None:
    not_deceptive(name)


# Latin letters, one of which is Cyrillic, or Greek.
@pytest.mark.parametrize("name", ["P\u0430ul", "\u0410dmin", "M\u03bfderator"])
def test_a_mixture_that_deceives_is_refused(db: None, name: str) -> None:  # noqa: ARG001
    with pytest.raises(ValidationError):
        not_deceptive(name)
    with pytest.raises(InvalidInputError) as raised:
        services.user_create(
            username="paul", email="p@example.org", password=PASSWORD, display_name=name
        )
    assert "display_name" in raised.value.details
