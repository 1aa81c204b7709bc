"""The first administrator: one token, once, for one person."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from apps.core.errors import ConflictError, InvalidInputError, SignInError
from apps.setup import services
from apps.setup.models import SetupToken
from apps.users.models import User
from tests.conftest import PASSWORD

ACCOUNT = {"username": "boss", "email": "boss@example.org", "password": PASSWORD}


def form(token: str, **changed: str) -> dict[str, str]:
    return {**ACCOUNT, "token": token, "password_again": PASSWORD, **changed}


def test_the_page_makes_the_administrator_and_signs_in(client: Client, db: None) -> None:  # noqa: ARG001
    token = services.setup_token_new()
    assert client.get("/").headers["Location"] == "/sign-in/?next=/"
    assert client.get("/sign-in/").headers["Location"] == "/setup/"
    response = client.post("/setup/", form(token))
    assert response.headers["Location"] == "/setup/library/"
    boss = User.objects.get()
    assert boss.is_admin
    assert client.get("/setup/library/").status_code == 200
    assert not SetupToken.objects.exists()


def test_no_token_is_stored_as_it_is(db: None) -> None:  # noqa: ARG001
    token = services.setup_token_new()
    assert len(token) >= 32
    assert token not in SetupToken.objects.get().token_hash


def test_only_the_latest_token_works(client: Client, db: None) -> None:  # noqa: ARG001
    first, second = services.setup_token_new(), services.setup_token_new()
    for wrong in (first, "guess", second[:-1], second.swapcase()):
        response = client.post("/setup/", form(wrong))
        assert response.status_code == 200
        assert b"This is not the token" in response.content
    assert not User.objects.exists()
    assert client.post("/setup/", form(f"  {second}\n")).status_code == 302


def test_it_works_once(client: Client, db: None) -> None:  # noqa: ARG001
    token = services.setup_token_new()
    client.post("/setup/", form(token))
    again = Client().post("/setup/", form(token, username="second", email="s@example.org"))
    assert again.headers["Location"] == "/sign-in/"
    assert Client().get("/setup/").headers["Location"] == "/sign-in/"
    with pytest.raises(ConflictError):
        services.setup_finish(token=token, **{**ACCOUNT, "username": "third"})
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"username": "x"},
        {"email": "x"},
        {"password": "password", "password_again": "password"},
        {"password_again": "different"},
        {"username": ""},
        {"username": "a\x00bcd"},
    ],
)
def test_a_bad_form_keeps_the_token(client: Client, db: None, changed: dict[str, str]) -> None:  # noqa: ARG001
    token = services.setup_token_new()
    response = client.post("/setup/", form(token, **changed))
    assert response.status_code == 200
    assert PASSWORD not in response.content.decode()
    assert not User.objects.exists()
    assert client.post("/setup/", form(token)).status_code == 302


def test_the_account_is_checked_like_any_other(db: None) -> None:  # noqa: ARG001
    token = services.setup_token_new()
    with pytest.raises(InvalidInputError):
        services.setup_finish(token=token, **{**ACCOUNT, "password": "short"})
    assert SetupToken.objects.exists()


def test_the_page_is_kept_by_nobody(client: Client, db: None) -> None:  # noqa: ARG001
    assert "no-store" in client.get("/setup/").headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_the_administrator() -> None:
    token = services.setup_token_new()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def finish(name: str) -> None:
        start.wait()
        try:
            services.setup_finish(
                token=token, username=name, email=f"{name}@example.org", password=PASSWORD
            )
            outcomes.append("made")
        except (ConflictError, SignInError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=finish, args=[name]) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ConflictError", "made"]
    assert User.objects.count() == 1


def test_the_first_library_or_none(
    browser_of: Callable[[User], Client], admin: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    browser = browser_of(admin)
    folder = str(tmp_path_factory.mktemp("films"))
    response = browser.post("/setup/library/", {"name": "Films", "path": "/no/such/folder"})
    assert b"There is no folder /no/such/folder" in response.content
    response = browser.post("/setup/library/", {"name": "Films", "path": folder})
    assert response.headers["Location"] == "/"
    response = browser.post("/setup/library/", {"name": "Other", "path": folder})
    assert b"overlaps" in response.content
    body = browser.get("/api/v1/libraries").json()
    assert body["total"] == 1
    assert body["libraries"][0]["latest_scan"]["status"] == "pending"
