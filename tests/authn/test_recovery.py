"""Forgotten and changed passwords, and verified addresses."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail as django_mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import mailed as codes
from apps.authn import password_changes, sessions, tasks, verification
from apps.authn.mailed import Purpose
from apps.authn.models import DeviceSession, Invitation, MailedToken, SessionKind
from apps.core.errors import InvalidInputError, TooManyAttemptsError
from apps.core.jobs.models import JobMessage
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import SERVER_URL
from apps.users import services as users
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.mails import code_in, mailed
from tests.objects import make_invitation

V1 = "/api/v1/auth"
NEW = "Another-Horse-10"


def post(path: str, body: dict[str, Any], client: Client | None = None) -> HttpResponse:
    return (client or Client()).post(f"{V1}/{path}", body, content_type="application/json")


def forgot(email: str = "member@example.org") -> HttpResponse:
    return post("forgot-password", {"email": email})


def forgotten_code() -> str:
    forgot()
    return code_in(mailed()[-1])


class TestForgotten:
    def test_the_answer_and_its_work_are_the_same_for_everybody(self, member: User) -> None:
        users.user_create(username="gone", email="gone@example.org", password=PASSWORD)
        User.objects.filter(username="gone").update(is_active=False)
        seen = []
        for email in ("member@example.org", "nobody@example.org", "gone@example.org"):
            before = JobMessage.objects.count()
            with CaptureQueriesContext(connection) as captured:
                response = forgot(email)
            statements = [query["sql"].split(" ")[0] for query in captured]
            jobs = JobMessage.objects.count() - before
            seen.append((response.status_code, response.content, statements, jobs))
        assert seen[0] == seen[1] == seen[2]
        assert (seen[0][0], seen[0][3]) == (204, 1)
        assert [message.to for message in mailed()] == [[member.email]]

    def test_what_waits_shows_no_address(self, member: User) -> None:
        forgot()
        job = JobMessage.objects.get()
        assert member.email not in str(job.args)

    def test_the_code_sets_a_new_password_once(self, member: User) -> None:
        code = forgotten_code()
        body = {"token": code, "new_password": NEW}
        assert post("reset-password", body).status_code == 204
        member.refresh_from_db()
        assert member.check_password(NEW)
        response = post("reset-password", {**body, "new_password": "Third-Horse-11"})
        assert response.status_code == 400
        assert "token" in response.json()["details"]
        member.refresh_from_db()
        assert member.check_password(NEW)
        actions = ActivityEntry.objects.values_list("action", flat=True)
        assert {Action.PASSWORD_RESET_REQUEST, Action.PASSWORD_RESET} <= set(actions)
        assert [each.subject for each in mailed()][-1] == "Your password for revenge was changed"

    def test_what_another_key_has_sealed_is_nobody_s(
        self, member: User, settings: LazySettings
    ) -> None:
        forgot()
        settings.SECRET_KEY = "another key of at least thirty-two characters"
        assert not mailed()
        assert not MailedToken.objects.filter(user=member).exists()

    def test_who_asked_is_recorded_with_the_address(self, member: User) -> None:
        client = Client(headers={"X-Forwarded-For": "10.1.2.3", "User-Agent": "Browser"})
        post("forgot-password", {"email": member.email}, client)
        mailed()
        entry = ActivityEntry.objects.get(action=Action.PASSWORD_RESET_REQUEST)
        assert (entry.ip_address, entry.user_agent) == ("10.1.2.3", "Browser")
        assert entry.resource_id == member.pk

    def test_all_sessions_end(
        self, member: User, api: Callable[[User], APIClient], browser_of: Callable[[User], Client]
    ) -> None:
        client, browser = api(member), browser_of(member)
        code = forgotten_code()
        password_changes.password_reset(token=code, new_password=NEW)
        assert client.get("/api/v1/users/me").status_code == 401
        assert browser.get("/account/password").status_code == 302

    def test_a_weak_password_leaves_the_code_valid(self, member: User) -> None:  # noqa: ARG002
        code = forgotten_code()
        for weak in ("password1", "member@example.org"):
            response = post("reset-password", {"token": code, "new_password": weak})
            assert response.status_code == 400
            assert "new_password" in response.json()["details"]
        body = {"token": code, "new_password": NEW}
        assert post("reset-password", body).status_code == 204

    def test_the_latest_code_alone_works(self, member: User) -> None:  # noqa: ARG002
        first, second = forgotten_code(), forgotten_code()
        assert first != second
        assert post("reset-password", {"token": first, "new_password": NEW}).status_code == 400
        assert post("reset-password", {"token": second, "new_password": NEW}).status_code == 204

    @pytest.mark.parametrize("how", ["late", "cut", "of another purpose", "disabled", "unknown"])
    def test_what_is_no_code(self, member: User, how: str) -> None:
        code = forgotten_code()
        match how:
            case "late":
                MailedToken.objects.update(expires_at=timezone.now())
            case "cut":
                code = code[:-1]
            case "of another purpose":
                MailedToken.objects.update(purpose=Purpose.VERIFY)
            case "disabled":
                User.objects.filter(pk=member.pk).update(is_active=False)
            case _:
                code = "x"
        assert post("reset-password", {"token": code, "new_password": NEW}).status_code == 400
        member.refresh_from_db()
        assert member.check_password(PASSWORD)

    @pytest.mark.parametrize("how", ["changed", "given", "moved", "switched off and on"])
    def test_what_happens_to_the_account_voids_the_code(
        self, admin: User, member: User, how: str
    ) -> None:
        code = forgotten_code()
        match how:
            case "changed":
                password_changes.password_change(
                    user=member, old_password=PASSWORD, new_password="Third-Horse-11", keep=None
                )
            case "given":
                users.password_assign(actor=admin, user=member, password="Third-Horse-11")
            case "moved":
                users.user_update(user=member, changes={"email": "other@example.org"})
            case _:
                users.user_update(user=member, changes={"is_active": False})
                users.user_update(user=member, changes={"is_active": True})
        assert post("reset-password", {"token": code, "new_password": NEW}).status_code == 400
        member.refresh_from_db()
        assert not member.check_password(NEW)

    def test_it_lasts_an_hour_and_is_stored_as_a_hash(self, member: User) -> None:  # noqa: ARG002
        code = forgotten_code()
        row = MailedToken.objects.get()
        left = row.expires_at - timezone.now()
        assert timedelta(minutes=55) < left <= timedelta(hours=1)
        assert code not in str(MailedToken.objects.values())

    def test_nobody_is_flooded_with_mails(self, member: User) -> None:
        for number in range(10):
            client = Client(headers={"X-Forwarded-For": f"10.3.0.{number}"})
            post("forgot-password", {"email": member.email}, client)
        assert len(mailed()) == 3

    def test_one_address_cannot_fill_the_queue(self, member: User) -> None:
        answers = {post("forgot-password", {"email": member.email}).status_code for _ in range(40)}
        assert answers == {204}
        assert JobMessage.objects.count() == 20

    @pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": None}, {"email": ["a@b.c"]}])
    def test_bad_input(self, db: None, body: dict[str, Any]) -> None:  # noqa: ARG002
        assert post("forgot-password", body).status_code == 400

    def test_the_pages(self, member: User) -> None:
        browser = Client()
        assert browser.get("/forgotten/").status_code == 200
        known = browser.post("/forgotten/", {"email": member.email}).content.decode()
        unknown = browser.post("/forgotten/", {"email": "nobody@example.org"}).content.decode()
        assert known.replace(member.email, "") == unknown.replace("nobody@example.org", "")
        code = code_in(mailed()[-1])
        form = {"token": code, "new_password": NEW, "again": "different"}
        kept = browser.post("/new-password/", form)
        assert b"The two passwords differ." in kept.content
        assert code.encode() in kept.content
        response = browser.post("/new-password/", {**form, "again": NEW}, follow=True)
        assert b"The new password is set." in response.content
        assert browser.post("/new-password/", {**form, "again": NEW}).status_code == 200

    def test_without_a_mail_server_it_answers_the_same(
        self, member: User, settings: LazySettings
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        assert forgot().status_code == forgot("nobody@example.org").status_code == 204
        assert not mailed()
        assert member.check_password(PASSWORD)


class TestTheLink:
    def test_begins_with_the_address_that_was_set(self, admin: User, member: User) -> None:  # noqa: ARG002
        siteconfig.server_setting_update(
            setting=SERVER_URL, value="https://films.example.org/", actor=admin
        )
        code = forgotten_code()
        body = str(django_mail.outbox[-1].body)
        assert f"https://films.example.org/new-password/#{code}\n" in body

    def test_or_with_the_domain(self, member: User, settings: LazySettings) -> None:  # noqa: ARG002
        settings.DOMAIN = "films.example.org"
        code = forgotten_code()
        assert f"https://films.example.org/new-password/#{code}" in str(django_mail.outbox[-1].body)

    @pytest.mark.parametrize("address", ["", "javascript:alert(1)", "films.example.org"])
    def test_is_never_one_that_a_request_names(
        self, admin: User, member: User, address: str
    ) -> None:
        siteconfig.server_setting_update(setting=SERVER_URL, value=address, actor=admin)
        client = Client(headers={"Host": "evil.example.org", "X-Forwarded-Host": "evil.example"})
        post("forgot-password", {"email": member.email}, client)
        (message,) = mailed()
        assert code_in(message)
        content = str(message.body) + str(message.alternatives[0][0])
        assert "evil" not in content
        assert "http" not in content
        assert "javascript" not in content


class TestVerification:
    def test_a_new_code_voids_the_old(self, member: User, api: Callable[[User], APIClient]) -> None:
        client = api(member)
        found = []
        for _ in range(2):
            assert client.post(f"{V1}/resend-verification").status_code == 204
            found.append(code_in(mailed()[-1]))
        assert post("verify-email", {"token": found[0]}).status_code == 400
        assert post("verify-email", {"token": found[1]}).status_code == 204
        member.refresh_from_db()
        assert member.email_verified
        assert ActivityEntry.objects.filter(action=Action.EMAIL_VERIFY).count() == 1
        assert client.post(f"{V1}/resend-verification").status_code == 204
        assert len(mailed()) == 2

    def test_it_lasts_a_day(self, member: User) -> None:
        verification.verification_send(user=member)
        left = MailedToken.objects.get().expires_at - timezone.now()
        assert timedelta(hours=23) < left <= timedelta(hours=24)

    def test_it_proves_nothing_of_another_address(self, member: User) -> None:
        verification.verification_send(user=member)
        code = code_in(mailed()[-1])
        users.user_update(user=member, changes={"email": "other@example.org"})
        assert post("verify-email", {"token": code}).status_code == 400
        member.refresh_from_db()
        assert not member.email_verified

    def test_the_address_before_is_told(self, member: User) -> None:
        users.user_update(user=member, changes={"email": "MEMBER@example.org"})
        assert not mailed()
        users.user_update(user=member, changes={"email": "other@example.org"}, actor=member)
        to = {message.to[0]: message for message in mailed()}
        assert to.keys() == {"MEMBER@example.org", "other@example.org"}
        told = to["MEMBER@example.org"]
        subject = "The e-mail address of your account on revenge was changed"
        assert told.subject == subject
        assert "other@" not in f"{told.body}{told.alternatives}"

    def test_not_without_end(self, member: User) -> None:
        for _ in range(5):
            verification.verification_send(user=member)
        with pytest.raises(TooManyAttemptsError) as raised:
            verification.verification_send(user=member)
        assert raised.value.retry_after
        assert len(mailed()) == 5

    def test_the_pages(self, member: User, browser_of: Callable[[User], Client]) -> None:
        browser = browser_of(member)
        assert browser.get("/verify-email/").status_code == 200
        response = browser.post("/verify-email/again", follow=True)
        assert b"A mail is on its way." in response.content
        assert b"not valid any more" in browser.post("/verify-email/", {"token": "x"}).content
        code = code_in(mailed()[-1])
        assert browser.post("/verify-email/", {"token": f" {code}\n"}).status_code == 302
        member.refresh_from_db()
        assert member.email_verified

    def test_the_language_is_the_user_s(self, member: User) -> None:
        users.user_update(user=member, changes={"locale": "de"})
        verification.verification_send(user=member)
        assert '<html lang="de">' in str(mailed()[-1].alternatives[0][0])


class TestChanging:
    def change(self, client: Any, old: str = PASSWORD, new: str = NEW) -> HttpResponse:
        body = {"old_password": old, "new_password": new}
        response: HttpResponse = client.post(f"{V1}/change-password", body, format="json")
        return response

    def test_ends_all_other_sessions(
        self, member: User, api: Callable[[User], APIClient], browser_of: Callable[[User], Client]
    ) -> None:
        client, other, browser = api(member), api(member), browser_of(member)
        assert self.change(client).status_code == 204
        assert client.get("/api/v1/users/me").status_code == 200
        assert other.get("/api/v1/users/me").status_code == 401
        assert browser.get("/account/password").status_code == 302
        member.refresh_from_db()
        assert member.check_password(NEW)
        assert ActivityEntry.objects.get(action=Action.PASSWORD_CHANGE).success
        assert len(mailed()) == 1

    def test_a_wrong_old_password(self, member: User, api: Callable[[User], APIClient]) -> None:
        response = self.change(api(member), old="wrong")
        assert response.status_code == 400
        assert list(response.json()["details"]) == ["old_password"]
        assert not ActivityEntry.objects.get(action=Action.PASSWORD_CHANGE).success
        member.refresh_from_db()
        assert member.check_password(PASSWORD)

    def test_cannot_be_guessed(self, member: User, api: Callable[[User], APIClient]) -> None:
        client = api(member)
        answers = [self.change(client, old=f"guess-{n}").status_code for n in range(6)]
        assert answers == [400] * 5 + [429]

    @pytest.mark.parametrize("new", ["short", "password1", "member@example.org", "x" * 1025, ""])
    def test_a_weak_new_one(self, member: User, api: Callable[[User], APIClient], new: str) -> None:
        response = self.change(api(member), new=new)
        assert response.status_code == 400
        assert list(response.json()["details"]) == ["new_password"]
        member.refresh_from_db()
        assert member.check_password(PASSWORD)

    def test_the_page(self, member: User, browser_of: Callable[[User], Client]) -> None:
        browser, elsewhere = browser_of(member), browser_of(member)
        sessions.session_start(user=member, device=sessions.Device())
        form = {"old_password": "wrong", "new_password": NEW, "again": NEW}
        kept = browser.post("/account/password", form)
        assert b"The old password is wrong." in kept.content
        response = browser.post("/account/password", {**form, "old_password": PASSWORD})
        assert response.headers["Location"] == "/account/password"
        assert b"The password is changed." in browser.get("/account/password").content
        assert elsewhere.get("/account/password").status_code == 302
        assert DeviceSession.objects.get(ended_at=None).kind == SessionKind.WEB


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_code_at_once_one_sets_the_password(member: User) -> None:
    codes.token_send(user=member, purpose=Purpose.RESET)
    code = code_in(mailed()[-1])
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def reset(password: str) -> None:
        start.wait()
        try:
            password_changes.password_reset(token=code, new_password=password)
            outcomes.append(password)
        except InvalidInputError:
            outcomes.append("")
        finally:
            connection.close()

    threads = [threading.Thread(target=reset, args=[f"Horse-Number-{n}"]) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = max(outcomes)
    assert sorted(outcomes) == ["", winner]
    member.refresh_from_db()
    assert member.check_password(winner)


def test_what_nobody_can_use_any_more_is_removed(admin: User, member: User) -> None:
    codes.token_send(user=member, purpose=Purpose.RESET)
    codes.token_send(user=admin, purpose=Purpose.RESET)
    MailedToken.objects.filter(user=member).update(expires_at=timezone.now())
    make_invitation(admin)
    make_invitation(admin)
    old = Invitation.objects.first()
    assert old is not None
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=31))
    tasks.sessions_clean()
    assert [token.user for token in MailedToken.objects.all()] == [admin]
    assert Invitation.objects.count() == 1
