"""Keys: what is stored, what is refused, what is noticed at once."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.apikeys import checking, services
from apps.apikeys.models import ApiKey, Scope
from apps.apikeys.services import MadeKey
from apps.core.errors import InvalidInputError
from apps.core.ratelimit.limits import Limit, Tier
from apps.users import services as users
from apps.users.models import User

ME = "/api/v1/users/me"
KEYS = "/api/v1/apikeys"
REFUSED = {"code": 401, "message": "The API key is not valid"}

Api = Callable[[User | None], APIClient]


def make(user: User, scopes: Sequence[Scope] = (Scope.READ,), **fields: Any) -> MadeKey:
    return services.key_create(user=user, name="Script", scopes=scopes, **fields)


def call(key: str, address: str = "192.0.2.1", method: str = "GET", path: str = ME) -> HttpResponse:
    client = Client(headers={"X-API-Key": key, "X-Forwarded-For": address})
    return client.generic(method, path)


def assert_refused(response: HttpResponse) -> None:
    assert response.status_code == 401
    assert response.json() == REFUSED


class TestMaking:
    def test_it_is_told_once_and_stored_as_a_hash(self, api: Api, member: User) -> None:
        client = api(member)
        body = {"name": "Kodi", "description": "In the kitchen", "scopes": ["write", "read"]}
        answer = client.post(KEYS, body, format="json")
        assert answer.status_code == 201
        made = answer.json()
        assert made["scopes"] == ["read", "write"]
        assert made["api_key"].startswith(made["key_prefix"])
        assert len(made["api_key"]) == 67
        row = ApiKey.objects.get()
        assert made["api_key"] not in str(vars(row))
        assert len(row.key_hash) == 64
        (shown,) = client.get(KEYS).json()["keys"]
        assert shown == client.get(f"{KEYS}/{row.pk}").json()
        assert "api_key" not in shown
        assert (shown["description"], shown["is_active"]) == ("In the kitchen", True)
        assert call(made["api_key"]).json()["id"] == str(member.pk)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 256}, "name"),
            ({"name": "x\0"}, "name"),
            ({"name": ["x"]}, "name"),
            ({"description": "x" * 1001}, "description"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["everything"]}, "scopes.0"),
            ({"scopes": "read"}, "scopes"),
            ({"expires_at": "yesterday"}, "expires_at"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
            ({"address_ranges": ["192.0.2.0/33"]}, "address_ranges"),
            ({"address_ranges": ["example.org"]}, "address_ranges"),
            ({"address_ranges": ["10.0.0.1"] * 21}, "address_ranges"),
        ],
    )
    def test_bad_input(self, api: Api, member: User, change: dict[str, object], field: str) -> None:
        body = {"name": "x", "scopes": ["read"], **change}
        response = api(member).post(KEYS, body, format="json")
        assert response.status_code == 400
        assert list(response.json()["details"]) == [field]
        assert not ApiKey.objects.exists()

    def test_at_most_ten_are_active(self, member: User, outsider: User) -> None:
        expired = make(member).row
        ApiKey.objects.update(expires_at=timezone.now())
        keys = [make(member) for _ in range(10)]
        with pytest.raises(InvalidInputError, match="10 active keys"):
            make(member)
        make(outsider)
        services.key_revoke(key=keys[0].row, actor=member)
        make(member)
        assert ApiKey.objects.filter(pk=expired.pk).exists()

    def test_long_expired_ones_go_in_time(self, member: User) -> None:
        make(member)
        ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=31))
        kept = make(member)
        assert ApiKey.objects.get() == kept.row

    def test_it_is_recorded_without_the_key(self, member: User) -> None:
        made = make(member, address_ranges=["10.1.2.3/8"])
        services.key_revoke(key=made.row, actor=member)
        services.key_revoke(key=made.row, actor=member)
        entries = ActivityEntry.objects.order_by("created_at")
        assert [entry.action for entry in entries] == [
            Action.API_KEY_CREATE,
            Action.API_KEY_REVOKE,
        ]
        for entry in entries:
            assert entry.user_id == member.pk
            assert entry.metadata["prefix"] == made.row.prefix
            assert entry.metadata["address_ranges"] == ["10.0.0.0/8"]
            assert made.key[20:] not in str(entry.metadata)


class TestRefused:
    @pytest.fixture
    def made(self, member: User) -> MadeKey:
        made = make(member)
        assert call(made.key).status_code == 200
        return made

    @pytest.mark.parametrize(
        "change",
        [
            lambda _: "",
            lambda key: key[:-1],
            lambda key: key + "0",
            lambda key: key.upper(),
            lambda key: f" {key[1:]}",
            lambda key: key[3:],
            lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
            lambda _: "rv_" + "0" * 64,
            lambda _: "x" * 5000,
        ],
    )
    def test_what_is_no_key(self, made: MadeKey, change: Callable[[str], str]) -> None:
        assert_refused(call(change(made.key)))
        assert call(made.key).status_code == 200

    def test_expired(self, made: MadeKey, member: User) -> None:
        del made
        soon = make(member, expires_at=timezone.now() + timedelta(hours=1))
        assert call(soon.key).status_code == 200
        ApiKey.objects.filter(pk=soon.row.pk).update(expires_at=timezone.now())
        checking.KEYS.drop(soon.row.prefix)
        assert_refused(call(soon.key))

    def test_of_a_disabled_user(self, made: MadeKey, member: User) -> None:
        users.user_update(user=member, changes={"is_active": False})
        assert_refused(call(made.key))

    def test_a_bad_key_beside_a_good_cookie(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        assert_refused(browser_of(member).get(ME, headers={"X-API-Key": "rv_1"}))

    def test_pages_know_no_keys(self, made: MadeKey) -> None:
        assert call(made.key, path="/movies/").status_code == 302

    @pytest.mark.parametrize(
        ("ranges", "address", "works"),
        [
            (["192.0.2.0/24"], "192.0.2.255", True),
            (["192.0.2.0/24"], "192.0.3.0", False),
            (["192.0.2.7"], "192.0.2.7", True),
            (["192.0.2.7"], "192.0.2.8", False),
            (["10.0.0.0/8", "2001:db8::/32"], "2001:db8:1::1", True),
            (["10.0.0.0/8", "2001:db8::/32"], "2001:db9::1", False),
            (["192.0.2.0/24"], "::ffff:192.0.2.1", True),
            (["2001:db8::/32"], "192.0.2.1", False),
            (["0.0.0.0/0"], "2001:db8::1", False),
        ],
    )
    def test_elsewhere(self, member: User, ranges: list[str], address: str, *, works: bool) -> None:
        response = call(make(member, address_ranges=ranges).key, address)
        if works:
            assert response.status_code == 200
        else:
            assert_refused(response)
            assert ApiKey.objects.get().last_used_at is None

    def test_another_user_s_key_is_not_there(self, api: Api, made: MadeKey, outsider: User) -> None:
        client = api(outsider)
        for method in ("get", "delete"):
            assert getattr(client, method)(f"{KEYS}/{made.row.pk}").status_code == 404
        assert client.get(KEYS).json() == {"keys": [], "total": 0}
        assert call(made.key).status_code == 200


@pytest.mark.django_db(transaction=True)
class TestKept:
    """Committed: within a transaction nothing is kept."""

    def queries(self, made: MadeKey) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert call(made.key).status_code == 200
        return len(captured)

    def test_the_database_is_asked_once(self, member: User) -> None:
        made = make(member)
        assert self.queries(made) == 3  # the key, the user, and that it is in use
        assert self.queries(made) == 0

    def test_revoking_counts_at_once(self, api: Api, member: User) -> None:
        made = make(member)
        assert self.queries(made) + self.queries(made) == 3
        assert api(member).delete(f"{KEYS}/{made.row.pk}").status_code == 204
        assert_refused(call(made.key))
        assert api(member).get(f"{KEYS}/{made.row.pk}").status_code == 404

    def test_without_the_cache_too(self, member: User, settings: LazySettings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        made = make(member)
        assert call(made.key).status_code == 200
        services.key_revoke(key=made.row, actor=member)
        assert_refused(call(made.key))

    def test_the_last_use_is_written_once_a_minute(self, member: User) -> None:
        made = make(member)

        def used_after(age: timedelta, address: str) -> ApiKey:
            ApiKey.objects.update(last_used_at=timezone.now() - age)
            checking._NOTED.drop(made.row.pk.hex)
            assert call(made.key, address).status_code == 200
            return ApiKey.objects.get()

        recent = used_after(timedelta(seconds=30), "192.0.2.1")
        assert recent.last_used_ip is None
        assert recent.last_used_at
        assert timezone.now() - recent.last_used_at > timedelta(seconds=29)
        old = used_after(timedelta(minutes=2), "192.0.2.9")
        assert old.last_used_ip == "192.0.2.9"
        assert old.last_used_at
        assert timezone.now() - old.last_used_at < timedelta(seconds=60)

    def test_two_at_once_keep_the_limit(self, member: User) -> None:
        for _ in range(services.MAX_ACTIVE - 1):
            make(member)
        start, refused = threading.Barrier(3), list[InvalidInputError]()

        def make_one() -> None:
            start.wait()
            try:
                make(member)
            except InvalidInputError as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=make_one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 2
        assert ApiKey.objects.count() == services.MAX_ACTIVE

    def test_a_guess_is_not_kept_against_a_key_made_later(
        self, member: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        coming = "rv_" + "1" * 64
        assert checking.key_check(key=coming, address=None) is None
        monkeypatch.setattr("apps.apikeys.format.secrets.token_hex", lambda _size: "1" * 64)
        make(member)
        assert checking.key_check(key=coming, address=None) is not None


class TestLimits:
    def test_a_key_has_a_budget_of_its_own(
        self, api: Api, member: User, settings: LazySettings
    ) -> None:
        settings.RATE_LIMITS = {Tier.KEY: Limit(rate=0.001, burst=2)}
        first, second = make(member), make(member)
        answers = [call(first.key, f"192.0.2.{number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[0].headers["X-RateLimit-Limit"] == "2"
        assert answers[0].headers["X-RateLimit-Remaining"] == "1"
        assert int(answers[2].headers["Retry-After"]) >= 1
        assert answers[2].json()["code"] == 429
        assert call(second.key).status_code == 200
        assert api(member).get(ME).status_code == 200

    def test_a_user_has_one_from_all_addresses(
        self, api: Api, member: User, outsider: User, settings: LazySettings
    ) -> None:
        settings.RATE_LIMITS = {Tier.USER: Limit(rate=0.001, burst=2)}
        clients = [api(member) for _ in range(3)]
        statuses = [
            client.get(ME, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
            for number, client in enumerate(clients)
        ]
        assert statuses == [200, 200, 429]
        assert api(outsider).get(ME).status_code == 200
        assert call(make(member).key).status_code == 200

    def test_the_headers_tell_of_the_tighter_one(
        self, api: Api, member: User, settings: LazySettings
    ) -> None:
        settings.RATE_LIMITS = {
            Tier.GLOBAL: Limit(rate=0.001, burst=3),
            Tier.USER: Limit(rate=0.001, burst=50),
        }
        assert api(member).get(ME).headers["X-RateLimit-Limit"] == "3"
