"""Signing in: one answer, and one cost, for everything that fails."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from apps.authn import services
from apps.authn.models import DeviceSession
from apps.core.errors import SignInError
from apps.users import services as users
from apps.users.models import User
from tests.authn.counting import CountingHasher
from tests.conftest import PASSWORD

LOGIN = "/api/v1/auth/login"


def login(username: str, password: str = PASSWORD, **extra: object) -> HttpResponse:
    body = {"username": username, "password": password, **extra}
    return Client().post(LOGIN, body, content_type="application/json")


@pytest.mark.parametrize(
    "name", ["member", "MEMBER", " member ", "member@example.org", "Member@Example.ORG"]
)
def test_a_name_or_an_address_in_any_case_signs_in(member: User, name: str) -> None:
    response = login(name, device_name="Kitchen")
    assert response.status_code == 200
    body = response.json()
    assert body["user"]["id"] == str(member.pk)
    assert body["user"]["last_login_at"]
    assert body["expires_in"] == 15 * 60
    session = DeviceSession.objects.get(user=member)
    assert session.device_name == "Kitchen"
    assert session.ip_address == "127.0.0.1"


def test_what_fails_answers_alike(member: User, outsider: User, admin: User) -> None:  # noqa: ARG001
    users.user_update(user=outsider, changes={"is_active": False})
    answers = [
        login("member", "wrong"),
        login("no-such-user"),
        login("nobody@example.org"),
        login("outsider"),
        login("outsider@example.org", "wrong"),
        login("member", PASSWORD.lower()),
        login("member", PASSWORD + " "),
    ]
    bodies = {(answer.status_code, answer.content) for answer in answers}
    assert bodies == {(401, b'{"code":401,"message":"The name or the password is wrong."}')}
    assert not DeviceSession.objects.exists()


@pytest.fixture
def hasher_runs(settings: LazySettings) -> list[str]:
    settings.PASSWORD_HASHERS = ["tests.authn.counting.CountingHasher"]
    CountingHasher.runs.clear()
    return CountingHasher.runs


@pytest.mark.parametrize("name", ["member", "disabled", "no-such-user"])
def test_every_failure_costs_one_hash(
    admin: User,  # noqa: ARG001
    member: User,  # noqa: ARG001
    outsider: User,
    hasher_runs: list[str],
    name: str,
) -> None:
    users.user_update(user=outsider, changes={"is_active": False, "username": "disabled"})
    with pytest.raises(SignInError):
        services.sign_in(username=name, password="wrong")
    assert len(hasher_runs) == 1


def test_a_name_is_not_taken_for_an_address(member: User) -> None:
    """A user name cannot hold an @, so that it cannot pose as somebody's address."""
    response = login(f"{member.username}@")
    assert response.status_code == 401


@pytest.mark.parametrize("password", [PASSWORD + "\n", "x" * 1025, ""])
def test_a_password_is_taken_as_it_is(member: User, password: str) -> None:  # noqa: ARG001
    assert login("member", password).status_code in {400, 401}


def test_the_web_session_begins_with_a_new_key(member: User) -> None:
    browser = Client()
    planted = browser.session  # as if somebody had planted its key in the browser
    planted.save()
    response = browser.post("/sign-in/", {"username": "member", "password": PASSWORD})
    assert response.status_code == 302
    assert browser.session.session_key != planted.session_key
    assert browser.session["_auth_user_id"] == str(member.pk)


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_kept_from_scripts_and_other_sites(member: User, *, secure: bool) -> None:  # noqa: ARG001
    browser = Client(headers={"X-Forwarded-Proto": "https" if secure else "http"})
    browser.get("/sign-in/")
    browser.post("/sign-in/", {"username": "member", "password": PASSWORD})
    browser.post("/appearance/", {"theme": "light"})
    browser.post("/language/", {"language": "de"})
    assert {"revenge_session", "revenge_csrf", "revenge_theme", "revenge_language"} <= set(
        browser.cookies
    )
    for cookie in browser.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) is secure


def test_hsts_is_sent_under_tls_alone(client: Client, db: None) -> None:  # noqa: ARG001
    header = "Strict-Transport-Security"
    assert header not in client.get("/sign-in/").headers
    assert "max-age=31536000" in client.get("/sign-in/", secure=True).headers[header]


def test_a_disabled_account_s_web_session_ends_at_once(
    browser_of: Callable[[User], Client],
    member: User,
    admin: User,  # noqa: ARG001
) -> None:
    browser = browser_of(member)
    assert browser.get("/movies/").status_code == 200
    users.user_update(user=member, changes={"is_active": False})
    assert browser.get("/movies/").status_code == 302
    assert browser.get("/api/v1/users/me").status_code == 401


def test_a_new_password_ends_web_sessions(
    browser_of: Callable[[User], Client], member: User
) -> None:
    browser = browser_of(member)
    users.user_set_password(user=member, password="Another-Horse-10")
    assert browser.get("/movies/").status_code == 302


class TestCsrf:
    """The session cookie alone changes nothing; a bearer token needs no CSRF token."""

    def test_a_cookie_needs_the_token(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser = browser_of(member)
        browser.handler.enforce_csrf_checks = True
        assert browser.get("/api/v1/users/me").status_code == 200
        assert browser.post("/api/v1/auth/logout").status_code == 403
        assert browser.get("/movies/").status_code == 200

    def test_a_cookie_with_the_token(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser = browser_of(member)
        browser.handler.enforce_csrf_checks = True
        browser.cookies["revenge_csrf"] = "a" * 32
        response = browser.generic("POST", "/api/v1/auth/logout", headers={"X-CSRFToken": "a" * 32})
        assert response.status_code == 204
        assert browser.get("/api/v1/users/me").status_code == 401

    def test_a_bearer_token_needs_none(self, member: User) -> None:
        token = login("member").json()["access_token"]
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
        assert client.generic("POST", "/api/v1/auth/logout").status_code == 204
        assert not DeviceSession.objects.filter(user=member, ended_at=None).exists()
