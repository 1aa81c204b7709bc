"""Tokens that somebody made up, cut, swapped, kept or used twice."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.authn import sessions, tokens
from apps.authn.models import DeviceSession
from apps.core.errors import SignInError
from apps.users import services as users
from apps.users.models import User

ME = "/api/v1/users/me"


def me(access_token: str) -> int:
    return Client(headers={"Authorization": f"Bearer {access_token}"}).get(ME).status_code


def start(user: User) -> sessions.TokenPair:
    return sessions.session_start(user=user, device=sessions.Device())


def claims_of(access_token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    return claims


def signed(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode(claims, tokens._key(), algorithm="HS256", headers=header)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def pair(member: User) -> sessions.TokenPair:
    made = start(member)
    assert me(made.access_token) == 200
    return made


class TestForged:
    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None])
    @pytest.mark.parametrize("signature", ["", "kept"])
    def test_no_algorithm(
        self, pair: sessions.TokenPair, algorithm: str | None, signature: str
    ) -> None:
        _head, body, good = pair.access_token.split(".")
        head = part({"alg": algorithm, "typ": "JWT"})
        assert me(f"{head}.{body}.{good if signature else ''}") == 401

    @pytest.mark.parametrize("key", [b"", b"k" * 32, b"\0" * 32])
    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_another_key(self, pair: sessions.TokenPair, key: bytes) -> None:
        forged = jwt.encode(claims_of(pair.access_token), key or b"x", algorithm="HS256")
        assert me(forged) == 401

    @pytest.mark.parametrize(
        "header", [{"kid": "../../dev/null"}, {"jku": "http://127.0.0.1/k"}, {"jwk": {"k": "a"}}]
    )
    def test_a_key_of_the_client_s_choice(
        self, pair: sessions.TokenPair, header: dict[str, Any]
    ) -> None:
        """What the header says of keys is not asked."""
        assert me(signed(claims_of(pair.access_token), **header)) == 200
        forged = jwt.encode(
            claims_of(pair.access_token), b"k" * 32, algorithm="HS256", headers=header
        )
        assert me(forged) == 401

    def test_changed_claims_under_the_old_signature(
        self, pair: sessions.TokenPair, admin: User
    ) -> None:
        head, _body, signature = pair.access_token.split(".")
        body = part({**claims_of(pair.access_token), "sub": str(admin.pk)})
        assert me(f"{head}.{body}.{signature}") == 401

    def test_cut_anywhere(self, pair: sessions.TokenPair) -> None:
        whole = pair.access_token
        cuts = {*range(0, len(whole), 17), len(whole) - 1}
        assert {me(whole[:cut]) for cut in cuts} == {401}
        assert me(f"{whole}A") == me(f"{whole}.x") == me(f".{whole}") == 401

    @pytest.mark.parametrize("token", ["a.b.c", "..", "\u00e9.\u00e9.\u00e9", "x" * 6000, "null"])
    def test_none_at_all(self, pair: sessions.TokenPair, token: str) -> None:  # noqa: ARG002
        assert me(token) == 401

    @pytest.mark.parametrize("value", [1, None, [], {}, "", "1", "0" * 5000, "\0", 10**20])
    @pytest.mark.parametrize("claim", ["sub", "sid", "exp", "iat", "iss"])
    def test_claims_of_other_kinds_under_the_right_key(
        self, pair: sessions.TokenPair, claim: str, value: object
    ) -> None:
        """Never an error of the server; when it was issued is for the reader."""
        token = jwt.api_jws.encode(
            json.dumps({**claims_of(pair.access_token), claim: value}).encode(),
            tokens._key(),
            algorithm="HS256",
        )
        assert me(token) in ({401} if claim != "iat" else {200, 401})


class TestSwapped:
    def test_one_user_with_the_session_of_another(
        self, pair: sessions.TokenPair, outsider: User
    ) -> None:
        """Even under the right key, and whatever is kept of either."""
        theirs = start(outsider)
        assert me(theirs.access_token) == 200
        mixed = {**claims_of(pair.access_token), "sub": str(outsider.pk)}
        assert me(signed(mixed)) == 401
        assert me(pair.access_token) == me(theirs.access_token) == 200

    def test_a_refresh_token_with_the_session_of_another(
        self, pair: sessions.TokenPair, outsider: User
    ) -> None:
        theirs = tokens.refresh_token_read(start(outsider).refresh_token)
        own = tokens.refresh_token_read(pair.refresh_token)
        assert theirs
        assert own
        with pytest.raises(SignInError):
            sessions.session_refresh(
                refresh_token=str(tokens.RefreshToken(own.session_id, theirs.secret))
            )
        assert sessions.session_list(user=outsider).count() == 1

    def test_each_as_the_other(self, pair: sessions.TokenPair) -> None:
        assert me(pair.refresh_token) == 401
        with pytest.raises(SignInError):
            sessions.session_refresh(refresh_token=pair.access_token)
        assert me(pair.access_token) == 200


class TestTime:
    @pytest.mark.parametrize("late", [30, 86400])
    def test_expired(self, pair: sessions.TokenPair, late: int) -> None:
        past = timezone.now() - timedelta(seconds=late)
        assert me(signed({**claims_of(pair.access_token), "exp": past})) == 401

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    def test_from_the_future(self, pair: sessions.TokenPair, claim: str) -> None:
        later = timezone.now() + timedelta(hours=1)
        assert me(signed({**claims_of(pair.access_token), claim: later})) == 401

    @pytest.mark.parametrize("seconds", [-4, 4])
    def test_clocks_of_two_machines_differ_a_little(
        self, pair: sessions.TokenPair, seconds: int
    ) -> None:
        claims = claims_of(pair.access_token)
        skewed = {**claims, "iat": claims["iat"] + seconds}
        assert me(signed(skewed)) == 200

    def test_used_after_its_session(self, pair: sessions.TokenPair, member: User) -> None:
        sessions.sessions_end_all(user=member)
        assert me(pair.access_token) == 401
        with pytest.raises(SignInError):
            sessions.session_refresh(refresh_token=pair.refresh_token)

    def test_of_a_user_who_was_disabled(self, pair: sessions.TokenPair, member: User) -> None:
        users.user_update(user=member, changes={"is_active": False})
        assert me(pair.access_token) == 401
        with pytest.raises(SignInError):
            sessions.session_refresh(refresh_token=pair.refresh_token)
        users.user_update(user=member, changes={"is_active": True})
        assert me(pair.access_token) == 401  # it has ended

    def test_of_a_user_who_is_gone(self, pair: sessions.TokenPair, member: User) -> None:
        User.objects.filter(pk=member.pk).delete()
        assert me(pair.access_token) == 401


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Each thread has a connection of its own."""

    def _at_once(self, work: Callable[[], None], count: int = 2) -> None:
        start = threading.Barrier(count)

        def run() -> None:
            start.wait()
            try:
                work()
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_two_refreshes_at_once_get_one_token(self, member: User) -> None:
        pair = start(member)
        got: list[sessions.TokenPair] = []
        self._at_once(
            lambda: got.append(sessions.session_refresh(refresh_token=pair.refresh_token))
        )
        assert len(got) == 2
        assert len({each.refresh_token for each in got}) == 1
        assert {me(each.access_token) for each in got} == {200}
        assert sessions.session_refresh(refresh_token=got[0].refresh_token)

    def test_two_replays_at_once_end_the_session(self, member: User) -> None:
        pair = start(member)
        present = sessions.session_refresh(refresh_token=pair.refresh_token)
        DeviceSession.objects.update(rotated_at=timezone.now() - timedelta(minutes=2))
        refused: list[SignInError] = []

        def replay() -> None:
            try:
                sessions.session_refresh(refresh_token=pair.refresh_token)
            except SignInError as error:
                refused.append(error)

        self._at_once(replay)
        assert len(refused) == 2
        assert me(present.access_token) == 401

    def test_a_session_is_ended_once_by_many(self, member: User) -> None:
        start(member)
        session = DeviceSession.objects.get()
        self._at_once(lambda: sessions.session_end(session_id=session.pk), count=4)
        assert not sessions.session_list(user=member).exists()
