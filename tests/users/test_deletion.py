"""The end of an account, and what can be undone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.authn import services as authn
from apps.authn.models import DeviceSession
from apps.core.errors import ConflictError, SignInError
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import DELETED_ACCOUNTS_KEPT_DAYS
from apps.users import avatars, deletion, exports, hooks, preferences, services, tasks
from apps.users.models import User, UserPreferences
from tests.conftest import PASSWORD
from tests.metadata.pictures import picture_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people_files")]


def deleted(user: User, *, days_ago: float = 0) -> User:
    deletion.own_account_delete(user=user)
    User.objects.filter(pk=user.pk).update(deleted_at=timezone.now() - timedelta(days=days_ago))
    user.refresh_from_db()
    return user


class TestOnesOwn:
    def test_it_is_switched_off_and_signed_out_everywhere(
        self,
        api: Callable[[User | None], APIClient],
        browser_of: Callable[[User], Client],
        member: User,
    ) -> None:
        client, browser = api(member), browser_of(member)
        response = browser.post("/account/data/delete", {"password": PASSWORD}, follow=True)
        assert "Your account is deleted." in response.content.decode()
        member.refresh_from_db()
        assert (member.is_active, member.username) == (False, "member")
        assert member.deleted_at is not None
        assert client.get("/api/v1/users/me").status_code == 401
        assert not DeviceSession.objects.filter(ended_at=None).exists()
        assert browser.get("/account/").status_code == 302
        with pytest.raises(SignInError):
            authn.sign_in(username="member", password=PASSWORD)
        entry = ActivityEntry.objects.get(action="user.delete")
        assert (entry.user_id, entry.resource_id) == (member.pk, member.pk)

    def test_a_wrong_password_deletes_nothing(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        response = browser_of(member).post("/account/data/delete", {"password": "wrong"})
        assert response.context["form"].errors == {"password": ["The password is wrong."]}
        response = browser_of(member).post("/account/data/delete", {})
        assert response.context["form"].errors.keys() == {"password"}
        member.refresh_from_db()
        assert member.is_active

    def test_guesses_of_the_password_count(
        self, browser_of: Callable[[User], Client], member: User
    ) -> None:
        browser = browser_of(member)
        for _ in range(5):
            browser.post("/account/data/delete", {"password": "wrong"})
        response = browser.post("/account/data/delete", {"password": PASSWORD})
        errors = response.context["form"].errors
        assert errors == {"__all__": ["Too many wrong passwords: try again later."]}
        member.refresh_from_db()
        assert member.is_active
        assert ActivityEntry.objects.filter(action="user.step_up_failed").count() == 5

    def test_the_last_administrator_stays(
        self, browser_of: Callable[[User], Client], admin: User
    ) -> None:
        response = browser_of(admin).post("/account/data/delete", {"password": PASSWORD})
        assert "The last active administrator stays one." in response.content.decode()
        admin.refresh_from_db()
        assert admin.is_active
        assert not ActivityEntry.objects.filter(action="user.delete").exists()

    def test_one_of_two_administrators_may_go(self, admin: User, member: User) -> None:
        services.user_update(user=member, changes={"is_superuser": True})
        assert not deleted(admin).is_active


class TestTheRetentionTime:
    def test_after_it_the_person_is_forgotten(
        self,
        member: User,
        people_files: Path,
        django_capture_on_commit_callbacks: Callable,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        avatars.avatar_set(user=member, content=picture_bytes())
        exports.export_make(user=member)
        preferences.preferences_update(user=member, changes={"show_email": True})
        services.user_update(user=member, changes={"display_name": "Me", "timezone": "Asia/Tokyo"})
        told: list[User] = []
        monkeypatch.setattr(hooks.anonymised, "_followers", [told.append])
        deleted(member, days_ago=31)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.clean()
        member.refresh_from_db()
        name = f"deleted-{member.pk.hex[-12:]}"
        assert (member.username, member.email) == (name, f"{name}@deleted.invalid")
        assert (member.display_name, member.timezone, member.avatar_version) == ("", "", 0)
        assert not member.has_usable_password()
        assert not UserPreferences.objects.exists()
        assert [path for path in people_files.rglob("*") if path.is_file()] == []
        assert told == [member]
        assert ActivityEntry.objects.filter(action="user.anonymise").count() == 1
        services.user_create(username="member", email="member@example.org", password=PASSWORD)

    def test_before_it_nothing_happens(self, member: User, outsider: User) -> None:
        deleted(member, days_ago=29)
        assert deletion.anonymise_due() == 0
        member.refresh_from_db()
        assert member.username == "member"
        outsider.refresh_from_db()
        assert outsider.username == "outsider"

    def test_an_administrator_may_change_it(self, member: User, admin: User) -> None:
        deleted(member, days_ago=2)
        siteconfig.server_setting_update(setting=DELETED_ACCOUNTS_KEPT_DAYS, value=1, actor=admin)
        assert deletion.anonymise_due() == 1
        assert deletion.anonymise_due() == 0

    def test_a_restored_account_is_as_before(self, member: User, admin: User) -> None:
        deletion.user_restore(actor=admin, user=deleted(member))
        assert authn.sign_in(username="member", password=PASSWORD) == member
        assert ActivityEntry.objects.get(action="user.restore").user_id == admin.pk
        with pytest.raises(ConflictError):
            deletion.user_restore(actor=admin, user=member)

    def test_a_restored_account_has_no_old_sessions(
        self, api: Callable[[User | None], APIClient], member: User, admin: User
    ) -> None:
        client = api(member)
        deletion.user_restore(actor=admin, user=deleted(member))
        assert client.get("/api/v1/users/me").status_code == 401

    def test_who_is_forgotten_is_not_restored(self, member: User, admin: User) -> None:
        deleted(member, days_ago=31)
        deletion.anonymise_due()
        with pytest.raises(ConflictError):
            deletion.user_restore(actor=admin, user=member)
