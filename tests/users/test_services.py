"""Accounts: what is refused, and the last administrator."""

import threading
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from apps.core.errors import ConflictError, InvalidInputError
from apps.users import services
from apps.users.models import User
from tests.conftest import PASSWORD


def create(username: str = "someone", **fields: str) -> User:
    wanted = {"email": "someone@example.org", "password": PASSWORD, **fields}
    return services.user_create(username=username, **wanted)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"username": "ab"}, {"username"}),
        ({"username": "a" * 31}, {"username"}),
        ({"username": "with blank"}, {"username"}),
        ({"username": "line\n"}, {"username"}),
        ({"username": "<script>"}, {"username"}),
        ({"username": "a@b.example"}, {"username"}),
        ({"email": "no-address"}, {"email"}),
        ({"email": ""}, {"email"}),
        ({"password": "short"}, {"password"}),
        ({"password": "password123"}, {"password"}),
        ({"username": "unmistakable", "password": "unmistakable"}, {"password"}),
        ({"username": "", "email": "x", "password": ""}, {"username", "email", "password"}),
    ],
)
def test_a_bad_account_is_refused_by_field(
    db: None,  # noqa: ARG001
    fields: dict[str, str],
    wrong: set[str],
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create(**fields)
    assert caught.value.details.keys() == wrong
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"username": "MEMBER", "email": "a@example.org"}, {"email": "Member@EXAMPLE.org"}],
)
def test_names_and_addresses_are_taken_in_any_case(member: User, fields: dict[str, str]) -> None:
    with pytest.raises(ConflictError):
        create(**fields)
    with pytest.raises(ConflictError):
        services.user_update(user=create("other", email="other@example.org"), changes=fields)
    assert User.objects.get(username="member") == member


def test_a_password_is_hashed_with_argon2(member: User) -> None:
    assert member.password.startswith("argon2$argon2id$")
    services.user_set_password(user=member, password="Another-Horse-10")
    member.refresh_from_db()
    assert member.check_password("Another-Horse-10")
    with pytest.raises(InvalidInputError):
        services.user_set_password(user=member, password="member")


@pytest.mark.parametrize("changes", [{"is_active": False}, {"is_superuser": False}])
def test_the_last_active_administrator_stays(
    admin: User, member: User, changes: dict[str, bool]
) -> None:
    second = services.user_create(
        username="second", email="second@example.org", password=PASSWORD, is_admin=True
    )
    services.user_update(user=second, changes={"is_active": False})
    with pytest.raises(ConflictError):
        services.user_update(user=admin, changes=changes)
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.is_admin
    services.user_update(user=member, changes={"is_superuser": True})
    services.user_update(user=admin, changes=changes)


def test_other_changes_of_the_last_administrator_are_fine(admin: User, member: User) -> None:
    services.user_update(user=admin, changes={"display_name": "Boss", "is_active": True})
    services.user_update(user=member, changes={"is_active": False})
    admin.refresh_from_db()
    assert admin.name == "Boss"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_switch_each_other_off(admin: User, member: User) -> None:
    services.user_update(user=member, changes={"is_superuser": True})
    refused: list[ConflictError] = []
    start = threading.Barrier(2)

    def switch_off(username: str) -> None:
        user = User.objects.get(username=username)
        start.wait()
        try:
            services.user_update(user=user, changes={"is_active": False})
        except ConflictError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=switch_off, args=[u.username]) for u in (admin, member)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(is_active=True, is_superuser=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_take_a_name_gets_it() -> None:
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def take() -> None:
        start.wait()
        try:
            outcomes.append(create("wanted"))
        except ConflictError as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError", "User"]


def test_createsuperuser_makes_an_administrator(
    db: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser",
        "--no-input",
        "--username=root-user",
        "--email=r@example.org",
        verbosity=0,
    )
    made = User.objects.get(username="root-user")
    assert made.is_admin
    assert made.check_password(PASSWORD)


class TestAppearance:
    def test_before_sign_in_the_browser_keeps_it(self, client: Client, member: User) -> None:  # noqa: ARG002
        assert b'data-theme="dark"' in client.get("/sign-in/").content
        response = client.post("/appearance/", {"theme": "light", "next": "/sign-in/"})
        assert response.headers["Location"] == "/sign-in/"
        assert b'data-theme="light"' in client.get("/sign-in/").content
        client.cookies["revenge_theme"] = '"><script>'
        assert b'data-theme="dark"' in client.get("/sign-in/").content

    def test_later_the_account_keeps_it(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser_of(member).post("/appearance/", {"theme": "light"})
        member.refresh_from_db()
        assert member.theme == "light"
        assert b'data-theme="light"' in browser_of(member).get("/movies/").content

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"]
    )
    def test_it_leads_nowhere_else(self, client: Client, db: None, target: str) -> None:  # noqa: ARG002
        response = client.post("/appearance/", {"theme": "light", "next": target})
        assert response.headers["Location"] == "/"

    def test_another_theme_is_refused(self, client: Client, db: None) -> None:  # noqa: ARG002
        assert client.post("/appearance/", {"theme": "pink"}).status_code == 400
