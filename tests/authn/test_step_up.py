"""Sensitive changes ask who has signed in to show again who it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import stepup
from apps.authn.models import DeviceSession
from apps.authn.sessions import LiveSession
from apps.core.errors import StepUpRequiredError
from apps.core.policy import PolicyMiddleware
from apps.users.models import User
from tests.conftest import PASSWORD

STEP_UP = "/api/v1/auth/step-up"


@pytest.fixture
def client(api: Callable[[User | None], APIClient], member: User) -> APIClient:
    return api(member)


def asked_by(user: User) -> Request:
    """A request of the user's session."""
    request = Request(HttpRequest())
    request._auth = LiveSession(DeviceSession.objects.get(user=user).pk, user)
    return request


def is_asked_again(request: Any) -> bool:
    try:
        stepup.require(request)
    except StepUpRequiredError:
        return True
    return False


def grow_old() -> None:
    DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))


def test_signing_in_counts_for_a_while(client: APIClient, member: User) -> None:  # noqa: ARG001
    request = asked_by(member)
    assert not is_asked_again(request)
    grow_old()
    assert is_asked_again(request)


def test_the_password_counts_for_a_while(client: APIClient, member: User) -> None:
    grow_old()
    response = client.post(STEP_UP, {"password": PASSWORD}, format="json")
    assert response.status_code == 204
    assert not is_asked_again(asked_by(member))
    DeviceSession.objects.update(stepped_up_at=timezone.now() - timedelta(minutes=16))
    assert is_asked_again(asked_by(member))
    entry = ActivityEntry.objects.get(action=Action.STEP_UP)
    assert (entry.user_id, entry.resource_id, entry.success) == (member.pk, member.pk, True)


def test_a_wrong_password_does_not(client: APIClient, member: User) -> None:
    grow_old()
    response = client.post(STEP_UP, {"password": "wrong"}, format="json")
    assert response.status_code == 400
    assert response.json()["details"] == {"password": ["The password is wrong."]}
    assert is_asked_again(asked_by(member))
    assert ActivityEntry.objects.get(action=Action.STEP_UP_FAILED).success is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "password"),
        ({"password": ""}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"password": None}, "password"),
        ({"code": "123456", "method": "totp"}, "code"),
        ({"password": PASSWORD, "method": "totp"}, "method"),
    ],
)
def test_what_is_no_password_is_refused(
    client: APIClient, body: dict[str, Any], field: str
) -> None:
    grow_old()
    response = client.post(STEP_UP, body, format="json")
    assert response.status_code == 400
    assert field in response.json()["details"]
    assert not DeviceSession.objects.filter(stepped_up_at__isnull=False).exists()


def test_one_session_says_nothing_of_another(
    client: APIClient, api: Callable[[User | None], APIClient], member: User
) -> None:
    api(member)
    grow_old()
    client.post(STEP_UP, {"password": PASSWORD}, format="json")
    assert DeviceSession.objects.filter(stepped_up_at__isnull=False).count() == 1


def test_what_has_no_session_cannot(member: User) -> None:  # noqa: ARG001
    request = Request(HttpRequest())
    request._auth = object()  # such as an API key
    assert is_asked_again(request)


def test_the_api_is_told(client: APIClient, member: User) -> None:  # noqa: ARG001
    from apps.core.api.errors import exception_handler  # noqa: PLC0415

    grow_old()
    with pytest.raises(StepUpRequiredError) as raised:
        stepup.require(asked_by(member))
    response = exception_handler(raised.value, {})
    assert response.status_code == 403
    assert response.data["details"] == {"step_up": True}


class TestOnTheWeb:
    @pytest.fixture
    def browser(self, member: User) -> Client:  # noqa: ARG002
        browser = Client()
        browser.post("/sign-in/", {"username": "member", "password": PASSWORD})
        return browser

    def request(self, browser: Client, method: str = "GET") -> HttpRequest:
        request = HttpRequest()
        request.method, request.path = method, "/account/x"
        request.get_full_path = lambda *_: "/account/x?tab=1"  # type: ignore[method-assign]
        request.session = browser.session
        return request

    def test_signing_in_and_the_password_count(self, browser: Client) -> None:
        assert not is_asked_again(self.request(browser))
        grow_old()
        assert is_asked_again(self.request(browser))
        wrong = browser.post("/step-up/", {"password": "wrong", "next": "/account/x"})
        assert wrong.status_code == 200
        assert b"The password is wrong." in wrong.content
        assert is_asked_again(self.request(browser))
        right = browser.post("/step-up/", {"password": PASSWORD, "next": "/account/x"})
        assert right.headers["Location"] == "/account/x"
        assert not is_asked_again(self.request(browser))

    def test_a_page_is_come_back_to(self, browser: Client) -> None:
        grow_old()
        middleware = PolicyMiddleware(lambda _: HttpResponse())
        for method, again in (("GET", "/account/x%3Ftab%3D1"), ("POST", "/account/x")):
            request = self.request(browser, method)
            with pytest.raises(StepUpRequiredError) as raised:
                stepup.require(request)
            response = middleware.process_exception(request, raised.value)
            assert response is not None
            assert response.headers["Location"] == f"/step-up/?next={again}"
        assert middleware.process_exception(self.request(browser), ValueError()) is None

    def test_it_leads_nowhere_else(self, browser: Client) -> None:
        response = browser.post(
            "/step-up/", {"password": PASSWORD, "next": "https://evil.example.org/"}
        )
        assert response.headers["Location"] == "/"

    def test_it_ends_with_the_session(self, browser: Client) -> None:
        browser.post("/sign-out/")
        assert not Session.objects.exists()
        assert browser.get("/step-up/").headers["Location"].startswith("/sign-in/")
