"""Making an account: by oneself where that is allowed, or by an invitation."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import invitations, registration
from apps.authn.invitations import LibraryPermission
from apps.authn.models import DeviceSession, Invitation
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from apps.libraries.models import Library, LibraryGrant
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import REGISTRATION_ENABLED
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.mails import code_in, mailed
from tests.objects import make_invitation

REGISTER = "/api/v1/auth/register"
WANTED = {"username": "newcomer", "email": "new@example.org", "password": PASSWORD}


@pytest.fixture
def is_open(admin: User) -> None:
    siteconfig.server_setting_update(setting=REGISTRATION_ENABLED, value=True, actor=admin)


def post(**changed: Any) -> HttpResponse:
    body = {**WANTED, **changed}
    return Client().post(REGISTER, body, content_type="application/json")


@pytest.mark.usefixtures("is_open")
class TestOpen:
    def test_an_account_with_the_role_of_a_user(self) -> None:
        response = post(display_name="New")
        assert response.status_code == 201
        user = User.objects.get(username="newcomer")
        body = response.json()
        assert body["id"] == str(user.pk)
        assert (body["is_admin"], body["email_verified"]) == (False, False)
        assert list(user.groups.values_list("name", flat=True)) == ["user"]
        assert user.check_password(PASSWORD)
        entry = ActivityEntry.objects.get(action=Action.REGISTER)
        assert (entry.user_id, entry.resource_id) == (user.pk, user.pk)

    def test_a_mail_verifies_the_address(self) -> None:
        post()
        (message,) = mailed()
        assert message.to == ["new@example.org"]
        body = {"token": code_in(message)}
        verify = "/api/v1/auth/verify-email"
        assert Client().post(verify, body, content_type="application/json").status_code == 204
        assert User.objects.get(username="newcomer").email_verified
        assert Client().post(verify, body, content_type="application/json").status_code == 400

    @pytest.mark.parametrize(
        "changed",
        [
            {"username": "NEWCOMER", "email": "other@example.org"},
            {"username": "newc0mer", "email": "other@example.org"},
            {"username": "other", "email": "NEW@example.org"},
        ],
    )
    def test_what_is_taken_is_a_conflict(self, changed: dict[str, str]) -> None:
        post()
        assert post(**changed).status_code == 409
        assert User.objects.exclude(username="admin").count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("username", "ab"),
            ("username", "a" * 31),
            ("username", "with blank"),
            ("username", "nаme-with-cyrillic"),  # noqa: RUF001
            ("username", "a\0bc"),
            ("username", None),
            ("username", ["a"]),
            ("email", "none"),
            ("email", "a" * 300 + "@example.org"),
            ("password", "short"),
            ("password", "password1"),
            ("password", "newcomer1"),
            ("password", "x" * 1025),
            ("password", 12345678),
            ("display_name", "x" * 101),
            ("display_name", "P\u0430ul"),
        ],
    )
    def test_what_is_out_of_bounds(self, field: str, value: object) -> None:
        response = post(**{field: value})
        assert response.status_code == 400, response.content
        assert field in response.json()["details"]
        assert not User.objects.filter(email=WANTED["email"]).exists()

    def test_nobody_makes_an_administrator(self) -> None:
        post(is_admin=True, is_superuser=True, roles=["admin"])
        assert not User.objects.get(username="newcomer").is_admin

    def test_the_page(self) -> None:
        browser = Client()
        assert b'href="/register/"' in browser.get("/sign-in/").content
        assert browser.get("/register/").status_code == 200
        kept = browser.post("/register/", {**WANTED, "username": "ab", "again": PASSWORD})
        assert b"3 to 30 letters" in kept.content.split(b'id="id_username_error"')[-1]
        kept = browser.post("/register/", {**WANTED, "again": "different"})
        assert b"newcomer" in kept.content
        assert b"The two passwords differ." in kept.content
        assert PASSWORD.encode() not in kept.content
        response = browser.post("/register/", {**WANTED, "again": PASSWORD})
        assert response.headers["Location"] == "/"
        assert browser.get("/movies/").status_code == 200
        assert browser.get("/register/").headers["Location"] == "/"


def test_it_is_closed_unless_somebody_opens_it(admin: User) -> None:  # noqa: ARG001
    assert post().status_code == 403
    browser = Client()
    assert b"/register/" not in browser.get("/sign-in/").content
    assert b"No account can be made here" in browser.get("/register/").content
    assert browser.post("/register/", {**WANTED, "again": PASSWORD}).status_code == 403
    with pytest.raises(ForbiddenError):
        registration.register(**WANTED)
    assert User.objects.count() == 1


def test_the_first_account_is_the_set_up_s(
    db: None,  # noqa: ARG001
    settings: LazySettings,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(REGISTRATION_ENABLED.variable, "true")
    assert post().status_code == 403
    assert not User.objects.exists()


class TestInvitations:
    def test_lets_people_in_though_the_door_is_closed(self, admin: User, films: Library) -> None:
        grants = {films.pk: LibraryPermission.VIEW}
        role = Group.objects.get(name="guest")
        token = make_invitation(admin, role=role, grants=grants)
        browser = Client()
        assert b"You have been invited." in browser.get(f"/invitation/{token}").content
        response = browser.post(f"/invitation/{token}", {**WANTED, "again": PASSWORD})
        assert response.headers["Location"] == "/"
        user = User.objects.get(username="newcomer")
        assert list(user.groups.values_list("name", flat=True)) == ["guest"]
        (grant,) = LibraryGrant.objects.filter(user=user)
        assert (grant.content_object_id, grant.permission.codename) == (films.pk, "view_library")
        entry = ActivityEntry.objects.get(action=Action.REGISTER)
        assert entry.metadata == {"invitation": str(Invitation.objects.get().pk)}
        assert Client().get(f"/invitation/{token}").status_code == 404

    def test_its_secret_is_stored_and_recorded_nowhere(self, admin: User) -> None:
        token = make_invitation(admin)
        assert len(token) >= 43
        stored = f"{Invitation.objects.values()}{ActivityEntry.objects.values()}"
        assert token not in stored
        entry = ActivityEntry.objects.get(action=Action.INVITATION_CREATE)
        assert entry.metadata["role"] == "user"

    def test_who_fails_has_not_used_it(self, admin: User) -> None:
        token = make_invitation(admin)
        for error, changed in (
            (InvalidInputError, {"password": "short"}),
            (ConflictError, {"username": "admin"}),
        ):
            with pytest.raises(error):
                registration.register(**{**WANTED, **changed}, invitation=token)
        assert Invitation.objects.get().uses_left == 1
        registration.register(**WANTED, invitation=token)
        assert Invitation.objects.get().uses_left == 0

    @pytest.mark.parametrize("how", ["revoked", "expired", "used", "unknown"])
    def test_what_works_no_more(self, admin: User, how: str) -> None:
        token = make_invitation(admin)
        made = Invitation.objects.get()
        match how:
            case "revoked":
                invitations.invitation_revoke(invitation=made, actor=admin)
            case "expired":
                Invitation.objects.update(expires_at=timezone.now())
            case "used":
                Invitation.objects.update(uses_left=0)
            case _:
                token += "x"
        with pytest.raises(NotFoundError):
            registration.register(**WANTED, invitation=token)
        assert Client().get(f"/invitation/{token}").status_code == 404
        response = Client().post(f"/invitation/{token}", {**WANTED, "again": PASSWORD})
        assert response.status_code == 404
        assert User.objects.count() == 1

    @pytest.mark.parametrize("field", ["is_superuser", "is_active"])
    def test_works_as_long_as_its_maker_is_an_administrator(self, admin: User, field: str) -> None:
        token = make_invitation(admin)
        User.objects.update(**{field: False})
        with pytest.raises(NotFoundError):
            registration.register(**WANTED, invitation=token)
        assert Client().get(f"/invitation/{token}").status_code == 404
        User.objects.update(**{field: True})
        registration.register(**WANTED, invitation=token)

    def test_a_revoked_one_is_revoked_once(self, admin: User) -> None:
        make_invitation(admin)
        made = Invitation.objects.get()
        invitations.invitation_revoke(invitation=made, actor=admin)
        with pytest.raises(ConflictError):
            invitations.invitation_revoke(invitation=made, actor=admin)
        assert ActivityEntry.objects.filter(action=Action.INVITATION_REVOKE).count() == 1

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("uses", {"uses": 0}),
            ("uses", {"uses": 1001}),
            ("expires_at", {"expires_at": timezone.now() - timedelta(days=1)}),
            ("expires_at", {"expires_at": timezone.now() + timedelta(days=400)}),
        ],
    )
    def test_bounds(self, admin: User, field: str, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidInputError) as raised:
            make_invitation(admin, **wrong)
        assert field in raised.value.details

    def test_none_makes_an_administrator(self, admin: User, films: Library) -> None:
        with pytest.raises(InvalidInputError) as raised:
            make_invitation(admin, role=Group.objects.get(name="admin"))
        assert "role" in raised.value.details
        with pytest.raises(InvalidInputError):
            make_invitation(admin, grants={admin.pk: LibraryPermission.VIEW})
        films.delete()

    def test_a_library_that_is_gone_is_passed_over(self, admin: User, films: Library) -> None:
        token = make_invitation(admin, grants={films.pk: LibraryPermission.VIEW})
        films.roots.all().delete()
        films.delete()
        user = registration.register(**WANTED, invitation=token)
        assert not LibraryGrant.objects.filter(user=user).exists()

    def test_who_has_an_account_needs_none(self, admin: User, browser_of: Any) -> None:
        token = make_invitation(admin)
        assert browser_of(admin).get(f"/invitation/{token}").headers["Location"] == "/"

    def test_the_console_makes_and_revokes_them(
        self, admin: User, browser_of: Any, films: Library
    ) -> None:
        console = browser_of(admin)
        address = "/admin/authn/invitation/"
        DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        refused = console.get(f"{address}add/")
        assert refused.headers["Location"] == f"/step-up/?next={address}add/"
        assert console.post(f"{address}add/").status_code == 302
        assert not Invitation.objects.exists()
        confirmed = console.post("/step-up/", {"password": PASSWORD, "next": f"{address}add/"})
        assert confirmed.headers["Location"] == f"{address}add/"
        assert console.get(f"{address}add/").status_code == 200
        form = {
            "note": "Grandma",
            "role": Group.objects.get(name="user").pk,
            "uses": 2,
            "days": 7,
            "libraries": [str(films.pk)],
            "permission": "view",
        }
        page = console.post(f"{address}add/", form, follow=True)
        made = Invitation.objects.get()
        assert made.grants == {str(films.pk): "view"}
        assert (made.uses_left, made.note, made.created_by) == (2, "Grandma", admin)
        link = page.content.decode().split("http://testserver/invitation/")[1][:43]
        assert invitations.invitation_find(link) == made
        assert b"Grandma" in console.get(address).content
        assert console.get(f"{address}{made.pk}/change/").status_code == 200
        assert console.post(f"{address}{made.pk}/change/", form).status_code == 403
        console.post(address, {"action": "revoke", "_selected_action": [str(made.pk)]})
        made.refresh_from_db()
        assert made.revoked_at

    def test_others_may_not(self, member: User, browser_of: Any) -> None:
        assert browser_of(member).get("/admin/authn/invitation/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_for_the_last_use_one_gets_it(admin: User) -> None:
    token = make_invitation(admin)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def come(name: str) -> None:
        start.wait()
        try:
            wanted = {**WANTED, "username": name, "email": f"{name}@example.org"}
            registration.register(**wanted, invitation=token)
            outcomes.append("made")
        except NotFoundError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=come, args=[name]) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert User.objects.count() == 2
    assert Invitation.objects.get().uses_left == 0
