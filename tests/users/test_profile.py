"""One's own account, preferences, and what others see of them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.core.errors import InvalidInputError
from apps.users import hooks, preferences, services
from apps.users.api.serializers import HIDDEN_EMAIL
from apps.users.models import User, UserPreferences
from tests.conftest import PASSWORD

Api = Callable[[User | None], APIClient]
ME = "/api/v1/users/me"
PREFERENCES = f"{ME}/preferences"
DEFAULTS = {
    "email_notifications": {"enabled": True, "frequency": "instant"},
    "push_notifications": {"enabled": False},
    "digest_notifications": {"enabled": False, "frequency": "weekly"},
    "profile_visibility": "private",
    "show_email": False,
    "show_activity": False,
    "theme": "dark",
    "display_language": "en",
    "show_adult_content": False,
    "show_spoilers": False,
    "auto_play_videos": True,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(db: None) -> User:  # noqa: ARG001
    return services.user_create(
        username="guest", email="guest@example.org", password=PASSWORD, roles=("guest",)
    )


@pytest.fixture
def followers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks whose followers are the test's."""
    for hook in (hooks.email_changed, hooks.address_left, hooks.access_ended):
        monkeypatch.setattr(hook, "_followers", [])


class TestTheAccount:
    def test_what_is_given_changes_and_is_recorded(self, api: Api, member: User) -> None:
        body = {
            "display_name": "Me",
            "timezone": "Europe/Berlin",
            "is_admin": True,
            "username": "x",
        }
        answer = api(member).put(ME, body, format="json")
        assert answer.status_code == 200
        assert (answer.json()["display_name"], answer.json()["timezone"]) == ("Me", "Europe/Berlin")
        member.refresh_from_db()
        assert (member.username, member.is_admin, member.email) == (
            "member", False, "member@example.org",
        )  # fmt: skip
        entry = ActivityEntry.objects.get()
        assert (entry.action, entry.user_id, entry.resource_id) == (
            "user.update", member.pk, member.pk,
        )  # fmt: skip
        assert entry.changes == {
            "display_name": {"old": "", "new": "Me"},
            "timezone": {"old": "", "new": "Europe/Berlin"},
        }

    def test_what_stays_the_same_is_no_change(self, api: Api, member: User) -> None:
        assert api(member).put(ME, {"display_name": ""}, format="json").status_code == 200
        assert api(member).put(ME, {}, format="json").status_code == 200
        assert not ActivityEntry.objects.exists()

    @pytest.mark.usefixtures("followers")
    def test_a_new_address_is_unverified(self, api: Api, member: User) -> None:
        User.objects.update(email_verified=True)
        told: list[str] = []
        hooks.email_changed.register(lambda user: told.append(user.email))
        api(member).put(ME, {"display_name": "Me", "email": member.email}, format="json")
        assert api(member).get(ME).json()["email_verified"]
        answer = api(member).put(ME, {"email": "New@EXAMPLE.org"}, format="json").json()
        assert (answer["email"], answer["email_verified"]) == ("New@example.org", False)
        assert told == ["New@example.org"]
        (entry,) = ActivityEntry.objects.all()[:1]
        assert entry.changes["email"] == {"old": "member@example.org", "new": "New@example.org"}

    def test_a_new_address_asks_for_more(self, api: Api, member: User) -> None:
        client = api(member)
        DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        refused = client.put(ME, {"email": "new@example.org"}, format="json")
        assert (refused.status_code, refused.json()["details"]) == (403, {"step_up": True})
        assert client.put(ME, {"display_name": "Me"}, format="json").status_code == 200
        member.refresh_from_db()
        assert member.email == "member@example.org"

    @pytest.mark.usefixtures("outsider")
    def test_a_taken_address(self, api: Api, member: User) -> None:
        answer = api(member).put(ME, {"email": "OUTSIDER@example.org"}, format="json")
        assert answer.status_code == 409
        assert answer.json()["details"] == {"email": ["This e-mail address is taken."]}

    @pytest.mark.parametrize(
        "body",
        [
            {"email": ""},
            {"email": "nowhere"},
            {"email": None},
            {"email": "a" * 250 + "@example.org"},
            {"display_name": "x" * 101},
            {"display_name": "a\0b"},
            {"display_name": "a\nb"},
            {"display_name": "a\u202eb"},
            {"display_name": None},
            {"display_name": {"a": 1}},
            {"timezone": "Mars/Olympus"},
            {"timezone": "../../etc/passwd"},
            {"timezone": "/etc/localtime"},
            {"timezone": "europe/berlin\0"},
            {"timezone": 7},
            [],
        ],
        ids=str,
    )
    def test_bad_fields_are_named(self, api: Api, member: User, body: Any) -> None:
        answer = api(member).put(ME, body, format="json")
        assert answer.status_code == 400
        expected = set(body) or {"non_field_errors"}
        assert answer.json()["details"].keys() == expected
        assert not ActivityEntry.objects.exists()

    @pytest.mark.parametrize("path", [ME, PREFERENCES])
    def test_guests_look_and_change_nothing(self, api: Api, guest: User, path: str) -> None:
        assert api(guest).get(path).status_code == 200
        assert api(guest).put(path, {}, format="json").status_code == 403
        assert api(guest).post(f"{ME}/avatar").status_code == 403


class TestPreferences:
    def test_the_defaults(self, api: Api, member: User) -> None:
        assert api(member).get(PREFERENCES).json() == {"user_id": str(member.pk), **DEFAULTS}
        assert not UserPreferences.objects.exists()

    def test_parts_change_and_the_rest_stays(self, api: Api, member: User) -> None:
        client = api(member)
        client.put(PREFERENCES, {"show_spoilers": True, "content_language": "de"}, format="json")
        body = {
            "email_notifications": {"frequency": "daily"},
            "digest_notifications": {"enabled": True},
            "theme": "light",
            "display_language": "de-AT",
        }
        answer = client.put(PREFERENCES, body, format="json").json()
        expected = {
            **DEFAULTS,
            "user_id": str(member.pk),
            "show_spoilers": True,
            "content_language": "de",
            "email_notifications": {"enabled": True, "frequency": "daily"},
            "digest_notifications": {"enabled": True, "frequency": "weekly"},
            "theme": "light",
            "display_language": "de",
        }
        assert answer == expected
        assert client.get(PREFERENCES).json() == expected
        member.refresh_from_db()
        assert (member.theme, member.locale) == ("light", "de")
        changes: dict[str, Any] = {}
        for entry in ActivityEntry.objects.order_by("id"):
            changes |= entry.changes
        assert changes["email_frequency"] == {"old": "instant", "new": "daily"}
        assert changes["theme"] == {"old": "dark", "new": "light"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"theme": "pink"}, "theme"),
            ({"display_language": "fr"}, "display_language"),
            ({"display_language": "../de"}, "display_language"),
            ({"content_language": "german!"}, "content_language"),
            ({"metadata_language": "x" * 40}, "metadata_language"),
            ({"email_notifications": {"frequency": "hourly"}}, "email_notifications.frequency"),
            ({"email_notifications": {"enabled": "perhaps"}}, "email_notifications.enabled"),
            ({"email_notifications": True}, "email_notifications"),
            ({"show_email": None}, "show_email"),
            ({"profile_visibility": ["public"]}, "profile_visibility"),
        ],
        ids=str,
    )
    def test_bad_ones_change_nothing(
        self, api: Api, member: User, body: dict[str, Any], field: str
    ) -> None:
        answer = api(member).put(PREFERENCES, {**body, "show_spoilers": True}, format="json")
        assert answer.status_code == 400
        assert answer.json()["details"].keys() == {field}
        assert not UserPreferences.objects.exists()
        assert not ActivityEntry.objects.exists()

    def test_a_part_that_fails_undoes_the_rest(self, member: User) -> None:
        with pytest.raises(InvalidInputError):
            preferences.preferences_update(
                user=member, changes={"theme": "light", "content_language": "german!"}
            )
        member.refresh_from_db()
        assert member.theme == "dark"

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_both_count(self, member: User) -> None:
        start = threading.Barrier(2)

        def change(name: str) -> None:
            user = User.objects.get(pk=member.pk)
            start.wait()
            try:
                preferences.preferences_update(user=user, changes={name: True})
            finally:
                connection.close()

        names = ("show_spoilers", "show_email")
        threads = [threading.Thread(target=change, args=[name]) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = UserPreferences.objects.get()
        assert (found.show_spoilers, found.show_email) == (True, True)


class TestOthers:
    def path(self, user: User) -> str:
        return f"/api/v1/users/{user.pk}"

    def test_a_private_profile_is_there_for_administrators_alone(
        self, api: Api, member: User, outsider: User, moderator: User, admin: User
    ) -> None:
        for viewer, status in ((outsider, 404), (member, 200), (moderator, 200), (admin, 200)):
            assert api(viewer).get(self.path(member)).status_code == status
        assert api(admin).get(self.path(member)).json()["email"] == "member@example.org"
        preferences.preferences_update(user=member, changes={"profile_visibility": "friends"})
        assert api(outsider).get(self.path(member)).status_code == 404

    def test_a_public_one_shows_what_its_owner_shows(
        self, api: Api, member: User, outsider: User
    ) -> None:
        services.user_update(user=member, changes={"timezone": "Europe/Berlin", "locale": "de"})
        api(member)
        User.objects.filter(pk=member.pk).update(last_login=member.created_at)
        preferences.preferences_update(user=member, changes={"profile_visibility": "public"})
        seen = api(outsider).get(self.path(member)).json()
        assert seen.keys() == {
            "id", "username", "email", "avatar_url", "is_active", "created_at",
        }  # fmt: skip
        assert seen["email"] == HIDDEN_EMAIL
        preferences.preferences_update(
            user=member, changes={"show_email": True, "show_activity": True}
        )
        seen = api(outsider).get(self.path(member)).json()
        assert seen["email"] == "member@example.org"
        assert "last_login_at" in seen

    def test_who_is_switched_off_is_seen_no_more(
        self, api: Api, member: User, outsider: User, admin: User
    ) -> None:
        preferences.preferences_update(user=member, changes={"profile_visibility": "public"})
        services.user_update(user=member, changes={"is_active": False})
        assert api(outsider).get(self.path(member)).status_code == 404
        assert api(admin).get(self.path(member)).status_code == 200


class TestPages:
    def test_the_profile_is_saved(self, browser_of: Callable[[User], Client], member: User) -> None:
        browser = browser_of(member)
        form = {"display_name": "Me", "email": member.email, "timezone": "Asia/Tokyo"}
        page = browser.post("/account/", form, follow=True).content.decode()
        assert "Your profile is saved." in page
        assert '<option value="Asia/Tokyo" selected>' in page

    @pytest.mark.usefixtures("outsider")
    def test_what_is_wrong_stands_at_the_field(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser = browser_of(member)
        for email, said in (
            ("outsider@example.org", "This e-mail address is taken."),
            ("nowhere", "Enter a valid email address."),
        ):
            form = {"display_name": "Typed", "email": email, "timezone": ""}
            response = browser.post("/account/", form)
            assert response.context["form"].errors == {"email": [said]}
            page = response.content.decode()
            assert 'value="Typed"' in page
            assert f'value="{email}"' in page
            assert "<strong>member</strong>" in page  # the header shows who it is still
        response = browser.post("/account/", {"email": member.email, "timezone": "Mars/Base"})
        assert response.context["form"].errors.keys() == {"timezone"}

    def test_preferences_are_saved(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser = browser_of(member)
        form = {
            "theme": "light",
            "display_language": "de",
            "email_frequency": "daily",
            "digest_frequency": "weekly",
            "profile_visibility": "public",
            "show_spoilers": "on",
            "content_language": "fr",
        }
        response = browser.post("/account/preferences", form, follow=True)
        assert 'data-theme="light"' in response.content.decode()
        assert response.headers["Content-Language"] == "de"
        saved = UserPreferences.objects.get()
        assert (saved.show_spoilers, saved.auto_play_videos) == (True, False)
        response = browser.post("/account/preferences", {**form, "content_language": "??"})
        assert response.context["form"].errors.keys() == {"content_language"}
        assert 'value="??"' in response.content.decode()
