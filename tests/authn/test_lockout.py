"""Guessing takes ever longer; nobody can lock the owner out, and no answer tells who is there."""

import threading
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import lockout, passwords, services
from apps.authn.lockout import attempt
from apps.core.context import Origin, asked_from
from apps.core.errors import SignInError
from apps.users.models import User
from tests.authn.counting import CountingHasher
from tests.conftest import PASSWORD

LOGIN = "/api/v1/auth/login"
HOME, AWAY = "10.0.0.1", "10.6.6.6"


WRONG = "wrong"


def login(name: str = "member", password: str = WRONG, address: str = AWAY) -> HttpResponse:
    client = Client(headers={"X-Forwarded-For": address})
    body = {"username": name, "password": password}
    return client.post(LOGIN, body, content_type="application/json")


def lock(name: str = "member") -> None:
    for number in range(8):
        login(name, address=f"10.7.0.{number}")


@pytest.mark.parametrize("name", ["member", "no-such-user"])
def test_after_five_failures_even_the_right_password_waits(member: User, name: str) -> None:  # noqa: ARG001
    answers = [login(name, address=f"10.7.0.{number}") for number in range(6)]
    locked = login(name, PASSWORD)
    assert {answer.status_code for answer in [*answers, locked]} == {401}
    assert len({answer.content for answer in [*answers, locked]}) == 1
    assert ["Retry-After" in answer.headers for answer in answers] == [False] * 5 + [True]
    assert int(locked.headers["Retry-After"]) >= 1


def test_known_and_unknown_names_wait_alike(member: User) -> None:  # noqa: ARG001
    waits = {
        name: [
            login(name, address=f"10.7.{number}.1").headers.get("Retry-After")
            for number in range(12)
        ]
        for name in ("member", "member@example.org", "nobody", "NOBODY")
    }
    # The second of each pair is the same account, which waits already.
    assert waits["member"] == waits["nobody"]
    assert None not in waits["member@example.org"]
    assert None not in waits["NOBODY"]


def test_an_address_that_tries_many_names_waits(member: User) -> None:
    for number in range(20):
        assert "Retry-After" not in login(f"name-{number}").headers
    assert "Retry-After" in login("name-20").headers
    assert login("member", PASSWORD).status_code == 401
    assert login("member", PASSWORD, HOME).status_code == 200
    assert member.username == "member"


def test_an_account_of_one_s_own_does_not_help_an_address(member: User, outsider: User) -> None:  # noqa: ARG001
    for number in range(25):
        login(f"name-{number}")
        login("outsider", PASSWORD)
    assert "Retry-After" in login("name-30").headers


def test_a_site_of_ipv6_is_one_address(db: None) -> None:  # noqa: ARG001
    with asked_from(Origin("2001:db8::1")):
        first = attempt(username="a", user=None).counters[1]
    with asked_from(Origin("2001:db8::ffff:2")):
        assert attempt(username="b", user=None).counters[1] == first
    with asked_from(Origin("2001:db8:0:1::1")):
        assert attempt(username="b", user=None).counters[1] != first


class TestTheOwner:
    def test_gets_in_with_a_browser_that_is_known(self, member: User) -> None:  # noqa: ARG002
        browser = Client(headers={"X-Forwarded-For": HOME})
        form = {"username": "member", "password": PASSWORD}
        assert browser.post("/sign-in/", form).status_code == 302
        browser.post("/sign-out/")
        lock()
        moved = Client(headers={"X-Forwarded-For": AWAY})
        assert moved.post("/sign-in/", form).status_code == 200
        moved.cookies = browser.cookies
        assert moved.post("/sign-in/", form).status_code == 302

    def test_gets_in_from_an_address_with_a_session(self, member: User) -> None:  # noqa: ARG002
        assert login(password=PASSWORD, address=HOME).status_code == 200
        lock()
        assert login(password=PASSWORD, address=AWAY).status_code == 401
        assert login(password=PASSWORD, address=HOME).status_code == 200

    def test_s_device_has_to_wait_itself(self, member: User) -> None:  # noqa: ARG002
        assert login(password=PASSWORD, address=HOME).status_code == 200
        for _ in range(6):
            login(address=HOME)
        assert login(password=PASSWORD, address=HOME).status_code == 401
        assert login(password=PASSWORD, address=AWAY).status_code == 200

    def test_s_browser_is_nobody_else_s(self, member: User, outsider: User) -> None:
        cookie = lockout.device_remember("", member)
        mine = attempt(username="member", user=member, device=cookie)
        theirs = attempt(username="outsider", user=outsider, device=cookie)
        assert len(mine.counters) == 1
        assert len(theirs.counters) == 2
        shared = lockout.device_remember(cookie, outsider)
        assert len(attempt(username="outsider", user=outsider, device=shared).counters) == 1
        again = attempt(username="member", user=member, device=shared)
        assert again.counters == mine.counters

    @pytest.mark.parametrize("device", ["", "x", "a:b:c", "W10:1:x"])
    def test_s_browser_is_not_one_that_says_so(self, member: User, device: str) -> None:
        assert len(attempt(username="member", user=member, device=device).counters) == 2

    def test_begins_anew_after_a_success(self, member: User) -> None:  # noqa: ARG002
        for _ in range(3):
            for number in range(4):
                login(address=f"10.7.0.{number}")
            assert login(password=PASSWORD, address=AWAY).status_code == 200


@pytest.mark.unmeasured
def test_ten_thousand_guesses(member: User, settings: LazySettings) -> None:  # noqa: ARG001
    """From many addresses: few of them cost a hash, and few are recorded."""
    settings.PASSWORD_HASHERS = ["tests.authn.counting.CountingHasher"]
    CountingHasher.runs.clear()
    for number in range(10_000):
        with (
            asked_from(Origin(f"10.{number % 250}.1.1")),
            pytest.raises(SignInError),
        ):
            services.sign_in(username="member", password=f"guess-{number}")
    # 5 are free; then each waits twice as long as the one before.
    assert 5 <= len(CountingHasher.runs) < 30
    failed = ActivityEntry.objects.filter(action=Action.LOGIN_FAILED, resource_type="user")
    assert failed.count() == len(CountingHasher.runs)
    locked = ActivityEntry.objects.filter(action=Action.LOGIN_LOCKED).count()
    assert 1 <= locked <= 3
    with asked_from(Origin("10.251.1.1")), pytest.raises(SignInError):
        services.sign_in(username="member", password=PASSWORD)


def test_names_that_nobody_has_fill_no_log(db: None) -> None:  # noqa: ARG001
    for number in range(300):
        with asked_from(Origin(f"10.8.{number % 250}.{number // 250}")), pytest.raises(SignInError):
            services.sign_in(username=f"name-{number}", password="wrong")
    entries = ActivityEntry.objects.filter(action=Action.LOGIN_FAILED)
    assert 1 <= entries.count() < 200
    assert entries.filter(username="name-0", success=False, user_id=None).exists()


@pytest.mark.parametrize("name", ["member", "nobody"])
def test_without_the_server_guesses_are_bounded_too(
    member: User,  # noqa: ARG001
    settings: LazySettings,
    name: str,
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answers = [login(name, address=f"10.9.0.{number}") for number in range(6)]
    assert "Retry-After" in answers[-1].headers
    assert answers[-1].content == answers[0].content
    user = services.user_find(name)
    attempt(username=name, user=user).succeeded()


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_are_as_bounded_as_turns_at_hashing(
    member: User,  # noqa: ARG001
    settings: LazySettings,
) -> None:
    settings.PASSWORD_HASHERS = ["tests.authn.counting.CountingHasher"]
    CountingHasher.runs.clear()
    start = threading.Barrier(40)

    def guess(number: int) -> None:
        start.wait()
        try:
            with asked_from(Origin(f"10.5.0.{number}")), pytest.raises(SignInError):
                services.sign_in(username="member", password=f"guess-{number}")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = passwords.hashers.gate._kib // CountingHasher.memory_cost
    assert 5 <= len(CountingHasher.runs) <= min(40, 5 + turns)


def test_a_step_up_cannot_be_guessed(api: Callable[[User | None], APIClient], member: User) -> None:
    client = api(member)
    address = "/api/v1/auth/step-up"
    answers = [client.post(address, {"password": "x"}, format="json") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
