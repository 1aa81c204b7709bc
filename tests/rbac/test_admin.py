"""Roles, and who has them, in the admin console."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.activity.models import ActivityEntry
from apps.libraries.models import Library, LibraryGrant, LibraryRoleGrant
from apps.rbac import selectors
from apps.rbac import services as rbac
from apps.rbac.models import Role
from apps.users.models import User
from tests.core.test_admin import inline, messages_of

GRANT: dict[str, str] = {"level": "view", "max_age": "12", "blocked_tags": "Gore, Violence"}


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


class TestRoles:
    def save(self, console: Client, role: Role | None, **fields: Any) -> Any:
        args = [role.pk] if role else []
        path = reverse(f"admin:rbac_role_{'change' if role else 'add'}", args=args)
        grants = inline("libraryrolegrant_set")
        return console.post(path, {**grants, **fields}, follow=True)

    def test_one_is_made_changed_and_deleted(self, console: Client, admin: User) -> None:
        fields = {"description": "Friends", "allowed": ["movies:list", "playback:*"]}
        assert self.save(console, None, name="club", **fields).status_code == 200
        made = selectors.role_get(name="club")
        assert (made.description, list(map(str, made.permissions))) == (
            "Friends",
            ["movies:list", "playback:*"],
        )
        role = Role.objects.get(name="club")
        page = console.get(reverse("admin:rbac_role_change", args=[role.pk])).content.decode()
        assert 'value="playback:*"' in page
        self.save(console, role, name="other", description="", allowed=["movies:list"])
        changed = selectors.role_get(name="club")
        assert (changed.description, list(map(str, changed.permissions))) == ("", ["movies:list"])
        console.post(reverse("admin:rbac_role_delete", args=[role.pk]), {"post": "yes"})
        assert not Group.objects.filter(name="club").exists()
        actions = ActivityEntry.objects.filter(user_id=admin.pk, resource_type="role")
        assert set(actions.values_list("action", flat=True)) == {
            "role.create",
            "role.update",
            "role.delete",
        }

    def test_what_is_refused_is_said(self, console: Client, admin: User, member: User) -> None:
        response = self.save(console, None, name="two words")
        assert any("name of a role" in message for message in messages_of(response))
        rbac.role_create(actor=admin, name="club")
        rbac.role_assign(actor=admin, user=member, name="club")
        role = Role.objects.get(name="club")
        delete = reverse("admin:rbac_role_delete", args=[role.pk])
        response = console.post(delete, {"post": "yes"}, follow=True)
        assert messages_of(response) == ["Some users have this role still."]
        assert Role.objects.filter(name="club").exists()

    def test_built_in_ones_stay(self, console: Client) -> None:
        for name in ("admin", "guest"):
            role = Role.objects.get(name=name)
            delete = reverse("admin:rbac_role_delete", args=[role.pk])
            assert console.post(delete, {"post": "yes"}).status_code == 403
        everything = Role.objects.get(name="admin")
        self.save(console, everything, description="All", allowed=["movies:list"])
        assert selectors.role_get(name="admin").permissions == (selectors.EVERYTHING,)
        listed = console.get(reverse("admin:rbac_role_changelist")).content.decode()
        assert "moderator" in listed

    def test_it_has_libraries(self, console: Client, films: Library) -> None:
        role = Role.objects.get(name="guest")
        held = [str(each) for each in selectors.role_get(name="guest").permissions]
        row = {**GRANT, "content_object": str(films.pk)}
        form = inline("libraryrolegrant_set", row)
        self.save(console, role, allowed=held, **form)
        grant = LibraryRoleGrant.objects.get(group__name="guest")
        assert (grant.level, grant.max_age, grant.blocked_tags) == (
            "view",
            12,
            ["Gore", "Violence"],
        )


class TestUsers:
    def save(self, console: Client, user: User, **fields: Any) -> Any:
        form = {
            "username": user.username,
            "email": user.email,
            "theme": user.theme,
            "is_active": "on",
            **inline("User_groups"),
            **inline("librarygrant_set"),
            **fields,
        }
        path = reverse("admin:users_user_change", args=[user.pk])
        return console.post(path, form, follow=True)

    def test_roles_are_given_and_taken(self, console: Client, member: User, admin: User) -> None:
        through = User.groups.through.objects.get(user=member)
        moderator = Group.objects.get(name="moderator")
        own = {"id": str(through.pk), "user": str(member.pk), "group": str(through.group_id)}
        new = {"user": str(member.pk), "group": str(moderator.pk)}
        self.save(console, member, **inline("User_groups", own, new, initial=1))
        assert selectors.roles_of(user=member) == ["moderator", "user"]
        self.save(console, member, **inline("User_groups", {**own, "DELETE": "on"}, initial=1))
        assert selectors.roles_of(user=member) == ["moderator"]
        actions = ActivityEntry.objects.filter(user_id=admin.pk, resource_id=member.pk)
        assert {"role.assign", "role.remove"} <= set(actions.values_list("action", flat=True))

    def test_libraries_are_given_limited_and_taken(
        self, console: Client, films: Library, outsider: User
    ) -> None:
        new = {**GRANT, "user": str(outsider.pk), "content_object": str(films.pk)}
        self.save(console, outsider, **inline("librarygrant_set", new))
        grant = LibraryGrant.objects.get(user=outsider)
        assert (grant.level, grant.max_age, grant.shows_unrated) == ("view", 12, False)
        page = console.get(reverse("admin:users_user_change", args=[outsider.pk]))
        assert "Gore,Violence" in page.content.decode()
        own = {**new, "id": str(grant.pk), "max_age": "", "shows_unrated": "on"}
        self.save(console, outsider, **inline("librarygrant_set", own, initial=1))
        grant.refresh_from_db()
        assert (grant.max_age, grant.shows_unrated) == (None, True)
        gone = {**own, "DELETE": "on"}
        self.save(console, outsider, **inline("librarygrant_set", gone, initial=1))
        assert not LibraryGrant.objects.filter(user=outsider).exists()

    def test_bad_limits_are_said_at_the_field(
        self, console: Client, films: Library, outsider: User
    ) -> None:
        new = {"user": str(outsider.pk), "content_object": str(films.pk), **GRANT, "max_age": "99"}
        page = self.save(console, outsider, **inline("librarygrant_set", new))
        assert "less than or equal to 21" in page.content.decode()
        assert not LibraryGrant.objects.filter(user=outsider).exists()
