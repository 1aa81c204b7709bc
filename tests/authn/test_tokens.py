"""Access tokens live as long as their session; refresh tokens rotate."""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.authn import sessions, tasks, tokens
from apps.authn.models import DeviceSession
from apps.users import services as users
from apps.users.models import User

ME = "/api/v1/users/me"


def me(access_token: str) -> int:
    return Client(headers={"Authorization": f"Bearer {access_token}"}).get(ME).status_code


def refresh(token: str) -> HttpResponse:
    body = {"refresh_token": token}
    return Client().post("/api/v1/auth/refresh", body, content_type="application/json")


@pytest.fixture
def pair(member: User) -> sessions.TokenPair:
    return sessions.session_start(user=member, device=sessions.Device(name="TV"))


def _age(**fields: timedelta) -> None:
    """Move times of the one session into the past."""
    session = DeviceSession.objects.get()
    for name, age in fields.items():
        setattr(session, name, getattr(session, name) - age)
    session.save()


class TestAccess:
    def test_a_token_is_its_user(self, pair: sessions.TokenPair, member: User) -> None:
        client = Client(headers={"Authorization": f"bearer {pair.access_token}"})
        assert client.get(ME).json()["id"] == str(member.pk)

    def test_a_refused_token_says_how_to_authenticate(self, db: None) -> None:  # noqa: ARG002
        response = Client(headers={"Authorization": "Bearer x"}).get(ME)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["code"] == 401

    def test_a_bad_token_is_refused_even_with_a_good_cookie(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        response = browser_of(member).get(ME, headers={"Authorization": "Bearer x"})
        assert response.status_code == 401

    def test_an_expired_token(self, member: User, settings: LazySettings) -> None:
        settings.ACCESS_TOKEN_MINUTES = -1
        expired = sessions.session_start(user=member, device=sessions.Device())
        assert me(expired.access_token) == 401

    @pytest.mark.parametrize(
        "change",
        [{"iss": "someone"}, {"sub": str(uuid.uuid4())}, {"sid": str(uuid.uuid4())}, {"sid": "1"}],
    )
    def test_other_claims_under_the_right_key(
        self, pair: sessions.TokenPair, change: dict[str, str]
    ) -> None:
        claims = jwt.decode(pair.access_token, options={"verify_signature": False})
        assert me(jwt.encode(claims, tokens._key(), algorithm="HS256")) == 200
        assert me(jwt.encode({**claims, **change}, tokens._key(), algorithm="HS256")) == 401

    @pytest.mark.parametrize("missing", ["exp", "sub", "sid", "iss"])
    def test_a_missing_claim(self, pair: sessions.TokenPair, missing: str) -> None:
        claims = jwt.decode(pair.access_token, options={"verify_signature": False})
        del claims[missing]
        assert me(jwt.encode(claims, tokens._key(), algorithm="HS256")) == 401

    def test_another_key_or_none(self, pair: sessions.TokenPair) -> None:
        claims = jwt.decode(pair.access_token, options={"verify_signature": False})
        assert me(jwt.encode(claims, "k" * 32, algorithm="HS256")) == 401
        assert me(jwt.encode(claims, "", algorithm="none")) == 401
        assert me(jwt.encode(claims, tokens._key() * 2, algorithm="HS512")) == 401
        head, body, _signature = pair.access_token.split(".")
        assert me(f"{head}.{body}.") == 401

    def test_the_key_is_not_the_secret_itself(
        self, pair: sessions.TokenPair, settings: LazySettings
    ) -> None:
        claims = jwt.decode(pair.access_token, options={"verify_signature": False})
        assert me(jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")) == 401

    def test_a_session_that_expired(self, pair: sessions.TokenPair) -> None:
        _age(expires_at=timedelta(days=31))
        assert me(pair.access_token) == 401
        assert refresh(pair.refresh_token).status_code == 401

    def test_a_disabled_user(self, pair: sessions.TokenPair, member: User) -> None:
        users.user_update(user=member, changes={"is_active": False})
        assert me(pair.access_token) == 401
        assert refresh(pair.refresh_token).status_code == 401


class TestRefresh:
    def test_it_rotates(self, pair: sessions.TokenPair) -> None:
        response = refresh(pair.refresh_token)
        assert response.status_code == 200
        new = response.json()
        assert new.keys() == {"access_token", "refresh_token", "expires_in"}
        assert new["refresh_token"] != pair.refresh_token
        assert me(new["access_token"]) == 200
        assert refresh(new["refresh_token"]).status_code == 200

    def test_no_token_is_stored(self, pair: sessions.TokenPair) -> None:
        refresh(pair.refresh_token)
        session = DeviceSession.objects.get()
        secret = pair.refresh_token.partition(".")[2]
        assert secret not in {session.refresh_hash, session.previous_hash}
        assert len(session.refresh_hash) == len(session.previous_hash) == 64

    def test_a_lost_answer_is_given_again(self, pair: sessions.TokenPair) -> None:
        first, second = refresh(pair.refresh_token).json(), refresh(pair.refresh_token).json()
        assert first["refresh_token"] == second["refresh_token"]
        _age(rotated_at=timedelta(seconds=59))
        assert refresh(pair.refresh_token).status_code == 200
        assert refresh(first["refresh_token"]).status_code == 200

    def test_an_old_token_after_the_grace_ends_the_session(
        self, pair: sessions.TokenPair, caplog: pytest.LogCaptureFixture
    ) -> None:
        new = refresh(pair.refresh_token).json()
        _age(rotated_at=timedelta(seconds=61))
        with caplog.at_level(logging.WARNING):
            assert refresh(pair.refresh_token).status_code == 401
        assert "old refresh token" in caplog.text
        assert pair.refresh_token not in caplog.text
        assert me(new["access_token"]) == me(pair.access_token) == 401
        assert refresh(new["refresh_token"]).status_code == 401

    def test_a_token_of_two_rotations_ago_ends_the_session(self, pair: sessions.TokenPair) -> None:
        second = refresh(pair.refresh_token).json()
        third = refresh(second["refresh_token"]).json()
        assert refresh(pair.refresh_token).status_code == 401
        assert me(third["access_token"]) == 401

    def test_one_that_was_made_up_ends_nothing(self, pair: sessions.TokenPair) -> None:
        session_id = pair.refresh_token.partition(".")[0]
        assert refresh(f"{session_id}.made-up").status_code == 401
        assert me(pair.access_token) == 200
        assert refresh(pair.refresh_token).status_code == 200

    @pytest.mark.parametrize("token", ["x", ".", "0" * 32, f"{'0' * 31}1.secret", "\u00e9.\u00e9"])
    def test_a_token_of_nobody(self, pair: sessions.TokenPair, token: str) -> None:
        assert refresh(token).status_code == 401
        assert me(pair.access_token) == 200

    def test_it_needs_no_access_token(self, pair: sessions.TokenPair) -> None:
        client = Client(headers={"Authorization": "Bearer expired"})
        body = {"refresh_token": pair.refresh_token}
        response = client.post("/api/v1/auth/refresh", body, content_type="application/json")
        assert response.status_code == 200

    def test_the_session_lives_on(self, pair: sessions.TokenPair) -> None:
        _age(expires_at=timedelta(days=29))
        refresh(pair.refresh_token)
        left = DeviceSession.objects.get().expires_at - timezone.now()
        assert left > timedelta(days=29)


class TestLogout:
    @pytest.fixture
    def other(self, member: User, pair: sessions.TokenPair) -> sessions.TokenPair:  # noqa: ARG002
        return sessions.session_start(user=member, device=sessions.Device(name="Phone"))

    def logout(self, pair: sessions.TokenPair, body: object = None) -> int:
        client = Client(headers={"Authorization": f"Bearer {pair.access_token}"})
        if body is None:
            return client.generic("POST", "/api/v1/auth/logout").status_code
        response = client.post("/api/v1/auth/logout", body, content_type="application/json")
        return response.status_code

    @pytest.mark.parametrize("body", [None, {}, {"logout_all": False}])
    def test_without_a_word_the_caller_s_session_ends(
        self, pair: sessions.TokenPair, other: sessions.TokenPair, body: object
    ) -> None:
        assert self.logout(pair, body) == 204
        assert me(pair.access_token) == 401
        assert refresh(pair.refresh_token).status_code == 401
        assert me(other.access_token) == 200

    def test_a_refresh_token_ends_its_own_session(
        self, pair: sessions.TokenPair, other: sessions.TokenPair
    ) -> None:
        assert self.logout(pair, {"refresh_token": other.refresh_token}) == 204
        assert me(other.access_token) == 401
        assert me(pair.access_token) == 200

    def test_the_token_before_the_last_rotation_does_so_too(
        self, pair: sessions.TokenPair, other: sessions.TokenPair
    ) -> None:
        refresh(other.refresh_token)
        assert self.logout(pair, {"refresh_token": other.refresh_token}) == 204
        assert me(other.access_token) == 401

    def test_all(self, pair: sessions.TokenPair, other: sessions.TokenPair) -> None:
        assert self.logout(pair, {"logout_all": True}) == 204
        assert me(pair.access_token) == me(other.access_token) == 401

    def test_another_user_s_token_ends_nothing(
        self, pair: sessions.TokenPair, outsider: User
    ) -> None:
        theirs = sessions.session_start(user=outsider, device=sessions.Device())
        assert self.logout(theirs, {"refresh_token": pair.refresh_token}) == 204
        assert me(pair.access_token) == 200

    @pytest.mark.parametrize("token", ["x", ""])
    def test_a_token_that_is_none(self, pair: sessions.TokenPair, token: str) -> None:
        assert self.logout(pair, {"refresh_token": token}) in {204, 400}
        assert me(pair.access_token) == 200

    def test_nobody_cannot_log_out(self, db: None) -> None:  # noqa: ARG002
        assert Client().post("/api/v1/auth/logout").status_code == 401


def test_old_sessions_are_removed_in_time(pair: sessions.TokenPair, member: User) -> None:  # noqa: ARG001
    sessions.session_start(user=member, device=sessions.Device(name="kept"))
    DeviceSession.objects.filter(device_name="TV").update(
        expires_at=timezone.now() - timedelta(days=31)
    )
    tasks.sessions_clean()
    assert [session.device_name for session in DeviceSession.objects.all()] == ["kept"]
