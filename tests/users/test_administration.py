"""User administration by API and console, and what moderators may not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.rbac import services as roles
from apps.users import deletion, services
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.core.test_admin import inline

Api = Callable[[User | None], APIClient]
USERS = "/api/v1/admin/users"

pytestmark = pytest.mark.django_db


def one(user: User) -> str:
    return f"{USERS}/{user.pk}"


def state() -> list[dict[str, Any]]:
    return list(User.objects.order_by("pk").values())


class TestTheList:
    def names(self, client: APIClient, query: str = "") -> list[str]:
        return [user["username"] for user in client.get(USERS + query).json()["users"]]

    def test_it_is_filtered(self, api: Api, admin: User, member: User, outsider: User) -> None:
        services.user_update(user=outsider, changes={"is_active": False, "display_name": "Zoë %"})
        client = api(admin)
        assert self.names(client) == ["admin", "member", "outsider"]
        for query, names in {
            "?query=MEMBER": ["member"],
            "?query=example.org": ["admin", "member", "outsider"],
            "?query=zoë": ["outsider"],
            "?query=%25": ["outsider"],
            "?query=_": [],
            "?query=": ["admin", "member", "outsider"],
            "?is_active=false": ["outsider"],
            "?is_active=true": ["admin", "member"],
            "?is_admin=true": ["admin"],
            "?is_admin=false&query=m": ["member", "outsider"],
        }.items():
            assert self.names(client, query) == names, query
        services.user_update(user=member, changes={"display_name": "x"})

    def test_it_has_pages_and_a_total(self, api: Api, admin: User, member: User) -> None:
        client = api(admin)
        answer = client.get(f"{USERS}?limit=1&offset=1").json()
        assert ([user["id"] for user in answer["users"]], answer["total"]) == ([str(member.pk)], 2)
        assert client.get(f"{USERS}?offset=99").json() == {"users": [], "total": 2}

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=101", "offset=-1", "limit=x", "is_active=perhaps", f"query={'x' * 201}",
         "query=%00"],
    )  # fmt: skip
    def test_a_bad_query_is_refused(self, api: Api, admin: User, query: str) -> None:
        answer = api(admin).get(f"{USERS}?{query}")
        assert answer.status_code == 400
        assert answer.json()["details"].keys() == {query.partition("=")[0]}

    def test_deleted_accounts_are_not_in_it(self, api: Api, admin: User, member: User) -> None:
        assert api(admin).delete(one(member)).status_code == 204
        assert self.names(api(admin)) == ["admin"]
        for method in ("get", "put", "delete"):
            assert getattr(api(admin), method)(one(member)).status_code == 404

    def test_its_queries_do_not_grow(self, api: Api, admin: User) -> None:
        client = api(admin)
        counts = []
        for number in range(3):
            services.user_create(
                username=f"user-{number}", email=f"{number}@example.org", password=PASSWORD
            )
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(USERS)
            counts.append(len(queries))
        assert counts[-1] == counts[-2]


class TestChanges:
    def test_an_administrator_changes_everything(self, api: Api, admin: User, member: User) -> None:
        body = {"email": "m@example.org", "display_name": "M", "is_admin": True}
        answer = api(admin).put(one(member), body, format="json").json()
        assert {name: answer[name] for name in body} == body
        entry = ActivityEntry.objects.get()
        assert (entry.user_id, entry.resource_id) == (admin.pk, member.pk)
        assert entry.changes["is_superuser"] == {"old": False, "new": True}

    def test_who_is_switched_off_is_out_at_once(self, api: Api, admin: User, member: User) -> None:
        client = api(member)
        api(admin).put(one(member), {"is_active": False}, format="json")
        assert client.get("/api/v1/users/me").status_code == 401
        api(admin).put(one(member), {"is_active": True}, format="json")
        assert client.get("/api/v1/users/me").status_code == 401
        assert DeviceSession.objects.get(user=member).ended_at is not None

    @pytest.mark.parametrize("body", [{"is_active": False}, {"is_admin": False}])
    def test_the_last_administrator_stays(
        self, api: Api, admin: User, body: dict[str, bool]
    ) -> None:
        before = state()
        assert api(admin).put(one(admin), body, format="json").status_code == 409
        assert api(admin).delete(one(admin)).status_code == 409
        assert state() == before

    def test_nobody_switches_off_or_deletes_themselves(
        self, api: Api, admin: User, member: User
    ) -> None:
        services.user_update(user=member, changes={"is_superuser": True})
        before = state()
        assert api(admin).put(one(admin), {"is_active": False}, format="json").status_code == 409
        assert api(admin).delete(one(admin)).status_code == 409
        assert state() == before
        assert api(admin).put(one(admin), {"is_admin": False}, format="json").status_code == 200

    @pytest.mark.parametrize(
        "body", [{"is_admin": None}, {"is_active": "x"}, {"email": "x"}, {"timezone": "x"}], ids=str
    )
    def test_a_bad_body_changes_nothing(
        self, api: Api, admin: User, member: User, body: dict[str, Any]
    ) -> None:
        before = state()
        assert api(admin).put(one(member), body, format="json").status_code == 400
        assert state() == before


class TestModerators:
    """Have users:list, users:get and users:update."""

    def test_they_look_and_change_ordinary_accounts(
        self, api: Api, moderator: User, member: User
    ) -> None:
        client = api(moderator)
        assert client.get(USERS).status_code == 200
        assert client.get(one(member)).status_code == 200
        body = {"display_name": "M", "is_active": False, "is_admin": False}
        assert client.put(one(member), body, format="json").status_code == 200

    def test_they_delete_nobody(self, api: Api, moderator: User, member: User) -> None:
        before = state()
        assert api(moderator).delete(one(member)).status_code == 403
        assert state() == before

    @pytest.mark.parametrize(
        "body",
        [{"is_admin": True}, {"is_admin": True, "display_name": "x"}, {"is_admin": "true"}],
        ids=str,
    )
    def test_they_make_no_administrator(
        self, api: Api, moderator: User, member: User, body: dict[str, Any]
    ) -> None:
        before = state()
        for user in (member, moderator):
            assert api(moderator).put(one(user), body, format="json").status_code == 403
        assert state() == before
        assert not ActivityEntry.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [{}, {"display_name": "x"}, {"email": "mine@example.org"}, {"is_active": False},
         {"is_admin": False}],
        ids=str,
    )  # fmt: skip
    def test_they_touch_no_administrator(
        self, api: Api, moderator: User, admin: User, member: User, body: dict[str, Any]
    ) -> None:
        services.user_update(user=member, changes={"is_superuser": True})
        before = state()
        for user in (admin, member):
            assert api(moderator).put(one(user), body, format="json").status_code == 403
        assert state() == before

    @pytest.mark.parametrize("body", [{"display_name": "x"}, {"is_active": True}], ids=str)
    def test_they_touch_no_other_moderator(
        self,
        api: Api,
        browser_of: Callable[[User], Client],
        moderator: User,
        member: User,
        body: dict[str, Any],
    ) -> None:
        roles.role_assign(actor=None, user=member, name="moderator")
        browser = browser_of(moderator)
        for is_active in (True, False):
            User.objects.filter(pk=member.pk).update(is_active=is_active)
            before = state()
            assert api(moderator).put(one(member), body, format="json").status_code == 403
            page = f"/admin/users/user/{member.pk}/change/"
            fields = {"username": "member", "email": member.email, "theme": "dark", **body}
            browser.post(page, fields)
            assert state() == before
        own = {"display_name": "Me"}
        assert api(moderator).put(one(moderator), own, format="json").status_code == 200

    def test_they_take_over_no_account_by_its_address(
        self, api: Api, moderator: User, member: User
    ) -> None:
        client = api(moderator)
        before = state()
        assert client.put(one(member), {"email": "m@evil.org"}, format="json").status_code == 403
        assert state() == before
        same = {"email": member.email, "display_name": "M"}
        assert client.put(one(member), same, format="json").status_code == 200


class TestTheConsole:
    LIST = "/admin/users/user/"

    @pytest.fixture
    def console(self, browser_of: Callable[[User], Client], admin: User) -> Client:
        return browser_of(admin)

    def act(self, console: Client, action: str, *users: User, **more: str) -> HttpResponse:
        form = {"action": action, "_selected_action": [str(user.pk) for user in users], **more}
        return console.post(f"{self.LIST}?deleted=all", form, follow=True)

    def test_the_confirmation_says_what_happens(self, console: Client, member: User) -> None:
        for page in (
            console.get(f"{self.LIST}{member.pk}/delete/"),
            self.act(console, "delete_selected", member),
        ):
            assert "signed out everywhere" in page.content.decode()
            assert "member" in page.content.decode()
        member.refresh_from_db()
        assert member.is_active

    def test_accounts_are_deleted_and_restored(
        self, console: Client, member: User, outsider: User
    ) -> None:
        console.post(f"{self.LIST}{member.pk}/delete/", {"post": "yes"})
        self.act(console, "delete_selected", outsider, post="yes")
        assert User.objects.filter(is_active=False).exclude(deleted_at=None).count() == 2
        page = console.get(self.LIST).content.decode()
        assert "member@example.org" not in page
        page = console.get(f"{self.LIST}?deleted=restorable").content.decode()
        assert "member@example.org" in page
        self.act(console, "restore", member)
        member.refresh_from_db()
        assert (member.is_active, member.deleted_at) == (True, None)

    def test_several_are_deleted_or_none(self, console: Client, admin: User, member: User) -> None:
        response = self.act(console, "delete_selected", member, admin, post="yes")
        assert [str(m) for m in response.context["messages"]] == [
            "You cannot delete your own account here."
        ]
        assert not User.objects.exclude(deleted_at=None).exists()
        response = console.post(f"{self.LIST}{admin.pk}/delete/", {"post": "yes"}, follow=True)
        assert "You cannot delete your own account here." in response.content.decode()

    def test_accounts_are_switched_off_and_on(
        self, console: Client, admin: User, member: User
    ) -> None:
        response = self.act(console, "disable", admin, member)
        assert sorted(str(m) for m in response.context["messages"]) == [
            "admin: The last active administrator stays one.",
            "member is changed.",
        ]
        member.refresh_from_db()
        assert not member.is_active
        self.act(console, "enable", member)
        member.refresh_from_db()
        assert member.is_active

    @pytest.mark.parametrize("way", ["delete", "disable", "delete_selected"])
    def test_it_asks_who_it_is(self, console: Client, member: User, way: str) -> None:
        DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        if way == "delete":
            response = console.post(f"{self.LIST}{member.pk}/delete/", {"post": "yes"})
        else:
            chosen = {"action": way, "_selected_action": [str(member.pk)], "post": "yes"}
            response = console.post(self.LIST, chosen)
        assert response.headers["Location"].startswith(reverse("authn:step-up"))
        member.refresh_from_db()
        assert (member.is_active, member.deleted_at) == (True, None)

    def test_a_new_password_ends_what_the_old_one_opened(
        self, console: Client, api: Api, admin: User, member: User
    ) -> None:
        client = api(member)
        form = {
            "username": "member",
            "email": member.email,
            "theme": "dark",
            "is_active": "on",
            "new_password": "Another-Horse-10",
            **inline("User_groups"),
            **inline("librarygrant_set"),
        }
        console.post(f"{self.LIST}{member.pk}/change/", form)
        member.refresh_from_db()
        assert member.check_password("Another-Horse-10")
        assert client.get("/api/v1/users/me").status_code == 401
        entry = ActivityEntry.objects.get(action="user.password_reset")
        assert (entry.user_id, entry.resource_id) == (admin.pk, member.pk)

    def test_what_is_made_is_recorded(self, console: Client, admin: User) -> None:
        form = {
            "username": "newcomer",
            "email": "new@example.org",
            "theme": "light",
            "is_active": "on",
            "new_password": PASSWORD,
        }
        console.post(f"{self.LIST}add/", form)
        made = User.objects.get(username="newcomer")
        assert made.theme == "light"
        assert set(
            ActivityEntry.objects.filter(user_id=admin.pk).values_list("action", "resource_id")
        ) == {("user.create", made.pk), ("user.update", made.pk)}

    def test_a_deleted_account_cannot_be_switched_on(
        self, console: Client, admin: User, member: User
    ) -> None:
        deletion.user_delete(actor=admin, user=member)
        response = self.act(console, "enable", member)
        assert [str(m) for m in response.context["messages"]] == [
            "member: The account is deleted: restore it first."
        ]
        form = {"username": "member", "email": member.email, "theme": "dark", "is_active": "on"}
        console.post(f"{self.LIST}{member.pk}/change/", form)
        member.refresh_from_db()
        assert not member.is_active
