"""Roles and policies over the API."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.core import stepup
from apps.core.errors import ForbiddenError
from apps.core.permissions import Permission
from apps.rbac import built_in
from apps.users.models import User
from tests.contract.test_answers import assert_is

V1 = "/api/v1/rbac"
Api = Callable[[User | None], APIClient]


@pytest.fixture
def client(api: Api, admin: User) -> APIClient:
    return api(admin)


def _create(client: APIClient, **fields: Any) -> Any:
    body = {"name": "club", "permissions": [{"resource": "movies", "action": "list"}], **fields}
    return client.post(f"{V1}/roles", body, format="json")


def test_the_built_in_roles_are_listed(client: APIClient, member: User) -> None:
    roles = {
        role["name"]: role
        for role in assert_is(client.get(f"{V1}/roles"), "RolesResponse")["roles"]
    }
    assert roles.keys() == built_in.ROLES.keys()
    assert all(role["is_built_in"] for role in roles.values())
    assert roles["admin"]["permissions"] == [{"resource": "*", "action": "*"}]
    assert roles["admin"]["user_count"] == 1
    assert roles["user"]["user_count"] == 2  # the administrator has the role too
    named = {f"{each['resource']}:{each['action']}" for each in roles["guest"]["permissions"]}
    assert named == set(built_in.ROLES[built_in.GUEST].permissions)
    assert member.groups.get().name == "user"


def test_the_permissions_are_those_that_are_checked(client: APIClient) -> None:
    body = assert_is(client.get(f"{V1}/permissions"), "PermissionsResponse")
    assert {f"{each['resource']}:{each['action']}" for each in body["permissions"]} == set(
        Permission
    )
    assert body["total"] == len(Permission)


class TestRoles:
    def test_one_of_ones_own_comes_and_goes(self, client: APIClient, admin: User) -> None:
        free = {"resource": "anything", "action": "*"}
        role = assert_is(
            _create(client, description="Friends", permissions=[free]), "RoleDetail", 201
        )
        assert role == {
            "name": "club",
            "description": "Friends",
            "permissions": [free],
            "is_built_in": False,
            "user_count": 0,
        }
        assert assert_is(client.get(f"{V1}/roles/club"), "RoleDetail") == role
        assert client.delete(f"{V1}/roles/club").status_code == 204
        assert_is(client.get(f"{V1}/roles/club"), "Error", 404)
        recorded = ActivityEntry.objects.filter(resource_type="role", user_id=admin.pk)
        assert [entry.action for entry in recorded.order_by("created_at")] == [
            "role.create",
            "role.delete",
        ]

    def test_it_needs_no_permission(self, client: APIClient) -> None:
        body = client.post(f"{V1}/roles", {"name": "none"}, format="json")
        assert assert_is(body, "RoleDetail", 201)["permissions"] == []

    @pytest.mark.parametrize("name", ["club", "Club", "ADMIN", "user"])
    def test_a_name_is_taken_whatever_its_case(self, client: APIClient, name: str) -> None:
        assert _create(client).status_code == 201
        assert_is(_create(client, name=name), "Error", 409)

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "two words"},
            {"name": " club"},
            {"name": "a/b"},
            {"name": "x" * 65},
            {"name": "a\0b"},
            {"name": "a\u200bb"},
            {"name": None},
            {"name": ["a"]},
            {"description": "x" * 257},
            {"permissions": "movies:list"},
            {"permissions": [{"resource": "movies"}]},
            {"permissions": [{"resource": "", "action": "list"}]},
            {"permissions": [{"resource": "a b", "action": "list"}]},
            {"permissions": [{"resource": "a:b", "action": "list"}]},
            {"permissions": [{"resource": "*", "action": "*"}]},
            {"permissions": [{"resource": "movies", "action": "x" * 33}]},
            {"permissions": [{"resource": "movies", "action": "list"}] * 201},
        ],
    )
    def test_a_bad_one_is_refused(self, client: APIClient, fields: dict[str, Any]) -> None:
        assert_is(_create(client, **fields), "Error", 400)
        assert len(client.get(f"{V1}/roles").json()["roles"]) == len(built_in.ROLES)

    def test_built_in_and_assigned_ones_stay(self, client: APIClient, member: User) -> None:
        _create(client)
        path = f"{V1}/users/{member.pk}/roles"
        assert client.post(path, {"role": "club"}, format="json").status_code == 201
        for name in ("guest", "admin", "club"):
            assert_is(client.delete(f"{V1}/roles/{name}"), "Error", 400)
        assert client.delete(f"{path}/club").status_code == 204
        assert client.delete(f"{V1}/roles/club").status_code == 204
        assert_is(client.delete(f"{V1}/roles/club"), "Error", 404)

    def test_permissions_are_replaced_and_count_at_once(
        self,
        client: APIClient,
        member: User,
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        assert member.has_perm(Permission.MOVIES_LIST)
        body = {"permissions": [{"resource": "libraries", "action": "*"}]}
        with django_capture_on_commit_callbacks(execute=True):
            changed = client.put(f"{V1}/roles/user/permissions", body, format="json")
        assert assert_is(changed, "RoleDetail")["permissions"] == body["permissions"]
        assert not member.has_perm(Permission.MOVIES_LIST)
        assert member.has_perm(Permission.LIBRARIES_SCAN)
        entry = ActivityEntry.objects.get(action="role.update")
        assert entry.changes["permissions"]["new"] == ["libraries:*"]

    def test_the_administrators_are_not_narrowed(self, client: APIClient) -> None:
        body: dict[str, Any] = {"permissions": []}
        assert_is(client.put(f"{V1}/roles/admin/permissions", body, format="json"), "Error", 400)
        assert_is(client.put(f"{V1}/roles/none/permissions", body, format="json"), "Error", 404)


class TestPolicies:
    POLICY = {"subject": "guest", "object": "requests", "action": "list"}  # noqa: RUF012

    def test_a_line_comes_and_goes(self, client: APIClient) -> None:
        path = f"{V1}/policies"
        assert self.POLICY not in assert_is(client.get(path), "PolicyListResponse")["policies"]
        for _ in range(2):
            made = client.post(path, self.POLICY, format="json")
            assert assert_is(made, "Policy", 201) == self.POLICY
        listed = assert_is(client.get(path), "PolicyListResponse")
        assert listed["policies"].count(self.POLICY) == 1
        assert listed["total"] == len(listed["policies"])
        assert client.delete(path, self.POLICY, format="json").status_code == 204
        assert_is(client.delete(path, self.POLICY, format="json"), "Error", 404)

    def test_bad_lines_are_refused(self, client: APIClient) -> None:
        path = f"{V1}/policies"
        for changed in (
            {"subject": "nobody"},
            {"subject": "admin"},
            {"action": ""},
            {"object": "*"},
        ):
            body = {**self.POLICY, **changed}
            assert_is(client.post(path, body, format="json"), "Error", 400)
        body = {**self.POLICY, "subject": "admin"}
        assert_is(client.delete(path, body, format="json"), "Error", 400)
        assert_is(
            client.delete(path, {**self.POLICY, "subject": "no"}, format="json"), "Error", 404
        )


class TestUsers:
    def test_roles_are_given_and_taken(
        self,
        client: APIClient,
        member: User,
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        path = f"{V1}/users/{member.pk}/roles"
        assert not member.has_perm(Permission.LIBRARIES_SCAN)
        with django_capture_on_commit_callbacks(execute=True):
            given = client.post(path, {"role": "moderator"}, format="json")
        assert assert_is(given, "RoleListResponse", 201)["roles"] == ["moderator", "user"]
        assert member.has_perm(Permission.LIBRARIES_SCAN)
        with django_capture_on_commit_callbacks(execute=True):
            assert client.delete(f"{path}/moderator").status_code == 204
        assert not member.has_perm(Permission.LIBRARIES_SCAN)
        assert_is(client.delete(f"{path}/moderator"), "Error", 404)
        actions = ActivityEntry.objects.filter(resource_id=member.pk, action__startswith="role.")
        assert [entry.metadata for entry in actions] == [{"role": "moderator"}] * 2

    def test_what_is_not_there(self, client: APIClient, member: User) -> None:
        role = {"role": "no-such"}
        assert_is(client.post(f"{V1}/users/{member.pk}/roles", role, format="json"), "Error", 404)
        assert_is(client.delete(f"{V1}/users/{member.pk}/roles/no-such"), "Error", 404)
        nobody = f"{V1}/users/{uuid.uuid4()}/roles"
        assert_is(client.get(nobody), "Error", 404)
        assert_is(client.post(nobody, {"role": "guest"}, format="json"), "Error", 404)

    def test_the_role_admin_is_the_flag(self, client: APIClient, admin: User, member: User) -> None:
        path = f"{V1}/users/{member.pk}/roles"
        assert client.post(path, {"role": "admin"}, format="json").status_code == 201
        member.refresh_from_db()
        assert member.is_admin
        assert client.get(path).json()["roles"] == ["admin", "user"]
        assert client.delete(f"{path}/admin").status_code == 204
        member.refresh_from_db()
        assert not member.is_admin
        last = client.delete(f"{V1}/users/{admin.pk}/roles/admin")
        assert_is(last, "Error", 409)
        admin.refresh_from_db()
        assert admin.is_admin

    def test_one_sees_ones_own_and_not_those_of_others(
        self, api: Api, member: User, outsider: User, moderator: User
    ) -> None:
        own = api(member).get(f"{V1}/users/{member.pk}/roles")
        assert assert_is(own, "RoleListResponse") == {"roles": ["user"], "total": 1}
        for user in (outsider, moderator):
            for pk in (member.pk, uuid.uuid4()):
                assert_is(api(user).get(f"{V1}/users/{pk}/roles"), "Error", 403)


def test_every_change_asks_for_a_recent_sign_in(
    client: APIClient, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_request: object) -> None:
        raise ForbiddenError("Sign in again", {"step_up": ["true"]})

    monkeypatch.setattr(stepup, "_checks", [refuse])
    policy = TestPolicies.POLICY
    answers = [
        _create(client),
        client.delete(f"{V1}/roles/guest"),
        client.put(f"{V1}/roles/guest/permissions", {"permissions": []}, format="json"),
        client.post(f"{V1}/policies", policy, format="json"),
        client.delete(f"{V1}/policies", policy, format="json"),
        client.post(f"{V1}/users/{member.pk}/roles", {"role": "guest"}, format="json"),
        client.delete(f"{V1}/users/{member.pk}/roles/user"),
    ]
    for answer in answers:
        assert assert_is(answer, "Error", 403)["details"] == {"step_up": ["true"]}
    assert client.get(f"{V1}/roles").status_code == 200
