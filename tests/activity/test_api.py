"""The API of the log."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity import services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.ids import new_id
from apps.users import services as users
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.contract.test_answers import assert_is

pytestmark = pytest.mark.django_db
LOG = "/api/v1/admin/activity"
LIST = "ActivityLogListResponse"
NOW = timezone.now()


@pytest.fixture
def client(api: Callable[[User | None], APIClient], admin: User) -> APIClient:
    client = api(admin)
    ActivityEntry.objects.count()
    return client


@pytest.fixture
def entries(admin: User, member: User) -> list[ActivityEntry]:
    """The oldest first."""
    rows = [
        ActivityEntry(action=Action.LOGIN, user_id=member.pk, username="member"),
        ActivityEntry(action=Action.LOGIN_FAILED, username="member", success=False),
        ActivityEntry(
            action=Action.USER_UPDATE,
            user_id=admin.pk,
            username="admin",
            resource_type="user",
            resource_id=member.pk,
            changes={"locale": {"old": "", "new": "de"}},
            metadata={"from": "console"},
            ip_address="192.0.2.1",
            user_agent="x",
            error_message="no",
        ),
        ActivityEntry(action=Action.LOGIN, user_id=admin.pk, username="admin"),
    ]
    for age, row in zip((4, 3, 2, 1), rows, strict=True):
        row.created_at = NOW - timedelta(hours=age)
        row.save(force_insert=True)
    return rows


def _ids(body: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in body["entries"]]


def test_the_latest_come_first(client: APIClient, entries: list[ActivityEntry]) -> None:
    body = assert_is(client.get(LOG), LIST)
    assert _ids(body) == [str(entry.pk) for entry in reversed(entries)]
    assert (body["total"], body["page"], body["page_size"]) == (4, 1, 50)
    assert body["entries"][1].keys() == {
        "id", "user_id", "username", "action", "resource_type", "resource_id", "changes",
        "metadata", "ip_address", "user_agent", "success", "error_message", "created_at",
    }  # fmt: skip
    body = assert_is(client.get(LOG, {"limit": 3, "offset": 3}), LIST)
    assert _ids(body) == [str(entries[0].pk)]
    assert (body["total"], body["page"], body["page_size"]) == (4, 2, 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "user.login"}, [3, 0]),
        ({"success": "false"}, [1]),
        ({"success": "true", "action": "user.login"}, [3, 0]),
        ({"resource_type": "user"}, [2]),
        ({"resource_type": "none"}, []),
        ({"start_time": (NOW - timedelta(hours=2)).isoformat()}, [3, 2]),
        ({"end_time": (NOW - timedelta(hours=3)).isoformat()}, [1, 0]),
        ({"no_such": "x"}, [3, 2, 1, 0]),
    ],
)
def test_filters(
    client: APIClient, entries: list[ActivityEntry], query: dict[str, str], expected: list[int]
) -> None:
    body = assert_is(client.get(LOG, query), LIST)
    assert _ids(body) == [str(entries[number].pk) for number in expected]
    assert body["total"] == len(expected)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0}, {"limit": 101}, {"offset": -1}, {"user_id": "x"}, {"success": "maybe"},
        {"start_time": "yesterday"}, {"resource_id": "1"}, {"action": "x" * 65}, {"action": "\0"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_filter(client: APIClient, query: dict[str, Any]) -> None:
    assert_is(client.get(LOG, query), "Error", 400)


def test_of_one_user(client: APIClient, entries: list[ActivityEntry], member: User) -> None:
    body = assert_is(client.get(f"{LOG}/users/{member.pk}"), LIST)
    assert _ids(body) == [str(entries[0].pk)]
    gone = new_id()
    assert_is(client.get(f"{LOG}/users/{gone}"), "Error", 404)
    services.record(Action.LOGIN, actor=User(pk=gone, username="gone"))
    assert assert_is(client.get(f"{LOG}/users/{gone}"), LIST)["total"] == 1


def test_of_a_user_who_has_done_nothing(client: APIClient, outsider: User) -> None:
    body = assert_is(client.get(f"{LOG}/users/{outsider.pk}"), LIST)
    assert (body["entries"], body["total"]) == ([], 0)


def test_of_one_object(client: APIClient, entries: list[ActivityEntry], member: User) -> None:
    body = assert_is(client.get(f"{LOG}/resources/user/{member.pk}"), LIST)
    assert _ids(body) == [str(entries[2].pk)]
    assert_is(client.get(f"{LOG}/resources/library/{member.pk}"), "Error", 404)
    assert_is(client.get(f"{LOG}/resources/user/{new_id()}"), "Error", 404)


@pytest.mark.usefixtures("entries")
def test_statistics(client: APIClient) -> None:
    body = assert_is(client.get(f"{LOG}/stats"), "ActivityStats")
    counts = [body[f"{name}_count"] for name in ("total", "success", "failed")]
    assert counts == [4, 3, 1]
    assert body["oldest_entry"] < body["newest_entry"]
    body = assert_is(client.get(f"{LOG}/actions"), "ActionCountListResponse")
    assert body["actions"][0] == {"action": "user.login", "count": 2}
    assert len(body["actions"]) == 3
    assert len(client.get(f"{LOG}/actions?limit=1").json()["actions"]) == 1
    assert_is(client.get(f"{LOG}/actions?limit=51"), "Error", 400)


def test_an_empty_log(client: APIClient) -> None:
    body = assert_is(client.get(f"{LOG}/stats"), "ActivityStats")
    assert body == {"total_count": 0, "success_count": 0, "failed_count": 0}
    assert assert_is(client.get(LOG), LIST)["entries"] == []


@pytest.mark.django_db(transaction=True)
def test_a_list_costs_the_same_whatever_is_in_it(
    client: APIClient,
    entries: list[ActivityEntry],
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    client.get(LOG)
    with django_assert_num_queries(4):  # with BEGIN and COMMIT
        assert client.get(LOG, {"limit": 1}).status_code == 200
    with django_assert_num_queries(4):  # with BEGIN and COMMIT
        assert len(client.get(LOG).json()["entries"]) == len(entries)


@pytest.mark.usefixtures("entries")
def test_a_moderator_may_read_it(api: Callable[[User | None], APIClient]) -> None:
    moderator = users.user_create(
        username="moderator", email="m@example.org", password=PASSWORD, roles=["moderator"]
    )
    assert api(moderator).get(LOG).status_code == 200
