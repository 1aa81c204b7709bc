"""The API of settings."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.core.errors import ConflictError
from apps.siteconfig import selectors, services
from apps.siteconfig.declared import SERVER_NAME, SESSIONS_PER_USER
from apps.siteconfig.declaring import DECLARED
from apps.siteconfig.models import ServerSetting, UserSetting
from apps.users import services as users
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.contract.test_answers import assert_is
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SERVER, USER = "/api/v1/settings/server", "/api/v1/settings/user"
Api = Callable[[User | None], APIClient]


def _put(client: APIClient, path: str, value: Any) -> Any:
    return client.put(path, {"value": value}, format="json")


def test_the_servers_settings_are_those_declared(api: Api, admin: User) -> None:
    body = assert_is(api(admin).get(SERVER), "[ServerSetting]")
    assert [each["key"] for each in body] == list(DECLARED)
    assert body[0] == {
        "key": "server.name",
        "value": "revenge",
        "description": "Shown in pages, mails and authenticator apps.",
        "category": "general",
        "data_type": "string",
        "is_secret": False,
        "is_public": True,
    }


def test_a_change_holds_at_once_and_is_recorded(api: Api, admin: User) -> None:
    path = f"{SERVER}/sessions.per_user"
    assert assert_is(api(admin).get(path), "ServerSetting")["value"] == 10
    assert assert_is(_put(api(admin), path, 4), "ServerSetting")["value"] == 4
    assert SESSIONS_PER_USER.get() == 4
    entry = ActivityEntry.objects.get(action="setting.update")
    assert (entry.username, entry.ip_address) == ("admin", "127.0.0.1")


@pytest.mark.parametrize("value", [0, 1001, "4", 4.5, True, None, [], {}])
def test_a_value_that_is_not_the_settings(api: Api, admin: User, value: Any) -> None:
    response = _put(api(admin), f"{SERVER}/sessions.per_user", value)
    assert_is(response, "Error", 400)
    assert response.json()["details"].keys() == {"value"}
    assert SESSIONS_PER_USER.get() == 10
    assert not ActivityEntry.objects.filter(action="setting.update").exists()


def test_a_body_without_a_value(api: Api, admin: User) -> None:
    for client, path in ((api(admin), f"{SERVER}/server.name"), (api(admin), f"{USER}/x")):
        for body in ({}, [], "x", {"values": 1}):
            assert_is(client.put(path, body, format="json"), "Error", 400)


def test_what_the_environment_sets_stays(
    api: Api, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_NAME.variable, "Ours")
    response = _put(api(admin), f"{SERVER}/server.name", "Mine")
    assert SERVER_NAME.variable in assert_is(response, "Error", 409)["message"]
    assert api(admin).get(f"{SERVER}/server.name").json()["value"] == "Ours"


def test_a_change_asks_who_it_is(api: Api, admin: User) -> None:
    """Whoever sets the server's address chooses where the links in mails lead."""
    client = api(admin)
    DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    body = assert_is(_put(client, f"{SERVER}/server.name", "Mine"), "Error", 403)
    assert body["details"] == {"step_up": True}
    assert SERVER_NAME.get() == "revenge"
    assert_is(_put(client, f"{SERVER}/radio", 1), "ServerSetting")


def test_an_unknown_key_is_stored_apart(api: Api, admin: User) -> None:
    client = api(admin)
    assert_is(client.get(f"{SERVER}/radio"), "Error", 404)
    stored = assert_is(_put(client, f"{SERVER}/radio", {"api_key": "rv_1"}), "ServerSetting")
    assert stored == {
        "key": "custom.radio",
        "value": {"api_key": "rv_1"},
        "category": "custom",
        "data_type": "json",
        "is_secret": False,
        "is_public": False,
    }
    assert client.get(f"{SERVER}/custom.radio").json() == stored
    assert client.get(f"{SERVER}/radio").json() == stored
    assert client.get(SERVER).json()[-1] == stored
    entry = ActivityEntry.objects.get(action="setting.update")
    assert entry.changes == {"custom.radio": {"old": None, "new": {"api_key": "********"}}}


@pytest.mark.parametrize("key", ["a b", "%00", "ä", "x" * 95, "a%2Fb"])
def test_a_key_that_cannot_be(api: Api, admin: User, key: str) -> None:
    assert api(admin).get(f"{SERVER}/{key}").status_code == 404
    assert _put(api(admin), f"{SERVER}/{key}", 1).status_code in {400, 404}
    key = key + "x" * 10
    assert api(admin).get(f"{USER}/{key}").status_code == 404
    assert api(admin).delete(f"{USER}/{key}").status_code == 404
    assert _put(api(admin), f"{USER}/{key}", 1).status_code in {400, 404}
    assert not ServerSetting.objects.exists()
    assert not UserSetting.objects.exists()


def test_what_clients_may_add_is_bounded(api: Api, admin: User) -> None:
    ServerSetting.objects.bulk_create(
        ServerSetting(key=f"custom.{number}", value=1) for number in range(services.MOST_CUSTOM)
    )
    assert_is(_put(api(admin), f"{SERVER}/another", 1), "Error", 409)
    assert_is(_put(api(admin), f"{SERVER}/custom.7", 2), "ServerSetting")
    assert_is(_put(api(admin), f"{SERVER}/server.name", "Films"), "ServerSetting")


def test_only_who_may_reads_and_changes(api: Api, member: User) -> None:
    moderator = users.user_create(
        username="moderator", email="m@example.org", password=PASSWORD, roles=["moderator"]
    )
    assert api(moderator).get(SERVER).status_code == 200
    assert api(moderator).get(f"{SERVER}/server.name").status_code == 200
    for user in (None, member, moderator):
        response = _put(api(user), f"{SERVER}/server.name", "Mine")
        assert response.status_code == (403 if user else 401)
    assert api(member).get(SERVER).status_code == 403
    assert SERVER_NAME.get() == "revenge"


@pytest.mark.parametrize(
    ("value", "kind"),
    [("a", "string"), (1, "integer"), (True, "boolean"), (0.5, "float"), ({"a": [1]}, "json")],
)
def test_a_users_own_setting(api: Api, member: User, value: Any, kind: str) -> None:
    client = api(member)
    stored = assert_is(_put(client, f"{USER}/player.x", value), "UserSetting")
    wanted = {"key": "player.x", "value": value, "category": "player", "data_type": kind}
    assert stored == {**wanted, "user_id": str(member.pk)}
    assert client.get(f"{USER}/player.x").json() == stored
    assert assert_is(client.get(USER), "[UserSetting]") == [stored]
    assert client.delete(f"{USER}/player.x").status_code == 204
    assert_is(client.get(f"{USER}/player.x"), "Error", 404)
    assert_is(client.delete(f"{USER}/player.x"), "Error", 404)
    assert client.get(USER).json() == []


def test_a_users_settings_are_the_users_own(api: Api, member: User, outsider: User) -> None:
    _put(api(member), f"{USER}/x", 1)
    assert api(outsider).get(f"{USER}/x").status_code == 404
    assert api(outsider).delete(f"{USER}/x").status_code == 404
    _put(api(outsider), f"{USER}/x", 2)
    assert api(member).get(f"{USER}/x").json()["value"] == 1
    assert not ActivityEntry.objects.exists()


def test_two_that_store_the_last_one_at_once(member: User) -> None:
    UserSetting.objects.bulk_create(
        UserSetting(user=member, key=f"k{number}", value=1)
        for number in range(services.MOST_OF_A_USER - 1)
    )

    def store(key: str) -> Callable[[], object]:
        return lambda: services.user_setting_put(user=member, key=key, value=1)

    results = at_once(*(store(f"new{number}") for number in range(4)))
    assert sum(isinstance(result, ConflictError) for result in results) == 3
    assert len(selectors.user_settings(user=member)) == services.MOST_OF_A_USER
    assert not any(isinstance(r, Exception) for r in at_once(store("k1"), store("k1")))


def test_two_first_changes_of_a_setting_at_once(admin: User) -> None:
    def change(value: str) -> Callable[[], object]:
        return lambda: services.server_setting_update(
            setting=SERVER_NAME, value=value, actor=admin, shown="revenge"
        )

    results = at_once(change("One"), change("Two"))
    assert sum(isinstance(result, ConflictError) for result in results) == 1
    assert ActivityEntry.objects.get().changes["server.name"]["new"] == SERVER_NAME.get()
