"""The session of every API request is kept for a while, and its end counts at once."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.authn import services, sessions
from apps.authn.models import DeviceSession
from apps.core.ids import new_id
from apps.core.valkey.clients import client as server
from apps.users import services as users
from apps.users.models import Theme, User
from apps.users.selectors import USERS, user_get
from tests.core.db import databases
from tests.engines import PROJECT
from tests.waiting import until

# Committed: within a transaction that drops it nothing is kept.
pytestmark = pytest.mark.django_db(transaction=True)

ME = "/api/v1/users/me"


@pytest.fixture
def pair(member: User) -> sessions.TokenPair:
    return sessions.session_start(user=member, device=sessions.Device(name="TV"))


def me(pair: sessions.TokenPair) -> int:
    return Client(headers={"Authorization": f"Bearer {pair.access_token}"}).get(ME).status_code


def queries(pair: sessions.TokenPair) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert me(pair) == 200
    return len(captured)


def test_the_database_is_asked_once(pair: sessions.TokenPair) -> None:
    assert queries(pair) == 2
    assert queries(pair) == 0


def test_without_the_cache_each_time(pair: sessions.TokenPair, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert queries(pair) == queries(pair) == 2
    sessions.sessions_end_all(user=User.objects.get())
    assert me(pair) == 401


def _one(_member: User, _pair: sessions.TokenPair) -> None:
    sessions.session_end(session_id=DeviceSession.objects.get().pk)


def _all(member: User, _pair: sessions.TokenPair) -> None:
    sessions.sessions_end_all(user=member)


def _by_token(member: User, pair: sessions.TokenPair) -> None:
    sessions.session_end_by_token(user=member, refresh_token=pair.refresh_token)


def _disable(member: User, _pair: sessions.TokenPair) -> None:
    users.user_update(user=member, changes={"is_active": False})


@pytest.mark.parametrize("end", [_one, _all, _by_token, _disable])
def test_its_end_counts_at_once(
    pair: sessions.TokenPair,
    member: User,
    end: Callable[[User, sessions.TokenPair], None],
) -> None:
    assert queries(pair) + queries(pair) == 2
    end(member, pair)
    assert me(pair) == 401


@pytest.fixture
def other_process(pair: sessions.TokenPair) -> Iterator[Callable[[], str]]:
    """Says whether another process takes the access token, which that has in its own memory."""
    code = """
        import os, sys, django
        django.setup()
        from django.db import connection
        from django.test.utils import CaptureQueriesContext
        from apps.authn import sessions, tokens
        claims = tokens.access_token_read(os.environ["TOKEN"])

        from tests.waiting import until
        until(lambda: sessions.session_check(claims)
              and claims.session_id.hex in sessions._LEASES._entries)
        for line in sys.stdin:
            print("live" if sessions.session_check(claims) else "ended", flush=True)
    """
    environment = {
        **os.environ,
        "TOKEN": pair.access_token,
        "DJANGO_SETTINGS_MODULE": "revenge.settings",
        "DATABASE_URL": databases.address(),
    }
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask() -> str:
            process.stdin.write("?\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return process.stdout.readline().strip()  # type: ignore[union-attr]

        yield ask
        process.stdin.close()


def test_its_end_counts_in_every_process(
    pair: sessions.TokenPair, member: User, other_process: Callable[[], str]
) -> None:
    assert me(pair) == 200
    assert other_process() == "live"
    sessions.sessions_end_all(user=member)
    until(lambda: other_process() == "ended")


def test_it_is_in_use_is_written_once_a_minute(pair: sessions.TokenPair) -> None:
    def last_active_after(age: timedelta) -> timedelta:
        """How long ago the last activity is after a request, when it was `age` ago before."""
        DeviceSession.objects.update(last_active_at=timezone.now() - age)
        sessions._LEASES.drop(DeviceSession.objects.get().pk.hex)
        assert me(pair) == 200
        return timezone.now() - DeviceSession.objects.get().last_active_at

    assert last_active_after(timedelta(seconds=40)) > timedelta(seconds=39)
    assert last_active_after(timedelta(minutes=2)) < timedelta(seconds=60)


def test_a_session_that_expires_while_it_is_kept(pair: sessions.TokenPair) -> None:
    session = DeviceSession.objects.get()
    expired = sessions.Lease(session.user_id, timezone.now() - timedelta(seconds=1))
    sessions._LEASES.set(session.pk.hex, expired)
    assert me(pair) == 401


def test_a_refresh_lengthens_what_is_kept(pair: sessions.TokenPair) -> None:
    DeviceSession.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert me(pair) == 200
    sessions.session_refresh(refresh_token=pair.refresh_token)
    assert me(pair) == 200
    kept = sessions._LEASES.get(DeviceSession.objects.get().pk.hex)
    assert isinstance(kept, sessions.Lease)
    assert kept.expires_at > timezone.now() + timedelta(days=29)


class TestUsers:
    def test_everybody_gets_a_user_of_their_own(self, member: User) -> None:
        first, second = (user_get(user_id=member.pk) for _ in range(2))
        assert first == second == member
        assert first is not second

    def test_no_password_hash_leaves_the_database(self, member: User) -> None:
        user = user_get(user_id=member.pk)
        assert user is not None
        kept = server().get(f"{USERS._shared._prefix}{member.pk.hex}")
        assert kept is not None
        assert b"argon2" not in kept
        assert user.check_password("Correct-Horse-9")  # read when it is asked for

    def test_a_change_is_seen_at_once(self, member: User) -> None:
        user_get(user_id=member.pk)
        users.user_update(user=member, changes={"theme": Theme.LIGHT})
        user = user_get(user_id=member.pk)
        assert user is not None
        assert user.theme == Theme.LIGHT

    def test_a_row_of_another_version_is_read_anew(self, member: User) -> None:
        USERS.set(member.pk.hex, (member.pk, "member"))
        assert user_get(user_id=member.pk) == member

    def test_nobody(self) -> None:
        assert user_get(user_id=new_id()) is None

    def test_a_sign_in_shows(self, api: Callable[[User | None], APIClient], member: User) -> None:
        client = api(member)
        assert client.get(ME).status_code == 200
        services.sign_in(username="member", password="Correct-Horse-9")
        user = user_get(user_id=member.pk)
        assert user is not None
        assert user.last_login is not None
