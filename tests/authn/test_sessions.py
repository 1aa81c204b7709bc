"""Where somebody is signed in: browsers and programs alike."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import sessions
from apps.authn.models import DeviceSession, SessionKind
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import SESSIONS_PER_USER
from apps.users import services as users
from apps.users.models import User
from tests.conftest import PASSWORD

ME = "/api/v1/users/me"
SESSIONS = "/api/v1/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

BrowserOf = Callable[[User], Client]
Api = Callable[[User | None], APIClient]


def sign_in(agent: str = FIREFOX) -> Client:
    browser = Client(headers={"User-Agent": agent})
    response = browser.post("/sign-in/", {"username": "member", "password": PASSWORD})
    assert response.status_code == 302
    return browser


def start(user: User, name: str = "TV") -> DeviceSession:
    before = set(DeviceSession.objects.values_list("pk", flat=True))
    sessions.session_start(user=user, device=sessions.Device(name=name))
    return DeviceSession.objects.exclude(pk__in=before).get()


def is_signed_in(browser: Client) -> bool:
    return browser.get("/movies/").status_code == 200


class TestBrowsers:
    def test_signing_in_begins_a_session(self, member: User) -> None:
        sign_in()
        session = DeviceSession.objects.get()
        assert (session.user, session.kind) == (member, SessionKind.WEB)
        assert (session.user_agent, session.ip_address) == (FIREFOX, "127.0.0.1")
        assert session.refresh_hash == ""
        assert session.expires_at > timezone.now() + timedelta(days=29)

    def test_signing_out_ends_it(self, member: User) -> None:
        browser = sign_in()
        cookie = browser.cookies["revenge_session"].value
        browser.post("/sign-out/")
        assert DeviceSession.objects.get().ended_at is not None
        entry = ActivityEntry.objects.get(action=Action.LOGOUT)
        assert (entry.user_id, entry.metadata["reason"]) == (member.pk, "signed out")
        browser.cookies["revenge_session"] = cookie
        assert not is_signed_in(browser)

    def test_its_end_ends_the_browser_s(self, browser_of: BrowserOf, member: User) -> None:
        browser = browser_of(member)
        assert is_signed_in(browser)
        sessions.sessions_end_all(user=member)
        assert not is_signed_in(browser)
        assert browser.get(ME).status_code == 401

    def test_one_without_a_device_session_is_refused(
        self, browser_of: BrowserOf, member: User
    ) -> None:
        browser = browser_of(member)
        kept = browser.session
        del kept["device_session"]
        kept.save()
        assert not is_signed_in(browser)
        assert "_auth_user_id" not in browser.session

    @pytest.mark.parametrize("claim", ["", "x", "0" * 32, "another user's"])
    def test_one_that_names_another_session_is_refused(
        self, browser_of: BrowserOf, member: User, outsider: User, claim: str
    ) -> None:
        theirs = start(outsider)
        browser = browser_of(member)
        kept = browser.session
        kept["device_session"] = str(theirs.pk) if claim == "another user's" else claim
        kept.save()
        assert not is_signed_in(browser)
        assert DeviceSession.objects.get(pk=theirs.pk).ended_at is None

    def test_signing_in_again_in_the_same_browser_ends_the_first(self, member: User) -> None:
        browser = sign_in()
        first = DeviceSession.objects.get()
        browser.force_login(member, backend="apps.authn.backends.NameOrEmailBackend")
        assert is_signed_in(browser)
        live = sessions.session_list(user=member)
        assert [session.pk for session in live] == [
            session.pk for session in DeviceSession.objects.exclude(pk=first.pk)
        ]

    def test_one_that_expired(self, browser_of: BrowserOf, member: User) -> None:
        browser = browser_of(member)
        DeviceSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert not is_signed_in(browser)

    def test_a_refresh_token_never_names_it(self, member: User) -> None:
        session_id = sessions.web_session_start(user=member, device=sessions.Device())
        body = {"refresh_token": f"{session_id.hex}."}
        for address in ("/api/v1/auth/refresh", f"{SESSIONS}/refresh"):
            response = Client().post(address, body, content_type="application/json")
            assert response.status_code == 401
        assert DeviceSession.objects.get().ended_at is None


@pytest.mark.django_db(transaction=True)
class TestQueries:
    """Committed: within a transaction nothing is kept."""

    def test_a_cookie_costs_none(self, browser_of: BrowserOf, member: User) -> None:
        browser = browser_of(member)
        assert browser.get(ME).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(ME).status_code == 200
        assert len(captured) == 0

    def test_a_new_password_is_noticed(self, browser_of: BrowserOf, member: User) -> None:
        browser = browser_of(member)
        assert browser.get(ME).status_code == 200
        users.user_set_password(user=member, password="Another-Horse-10")
        assert browser.get(ME).status_code == 401

    def test_two_sign_ins_at_once_keep_the_limit(self, member: User, admin: User) -> None:
        siteconfig.server_setting_update(setting=SESSIONS_PER_USER, value=2, actor=admin)
        both = threading.Barrier(4)

        def sign_in() -> None:
            both.wait()
            try:
                sessions.session_start(user=member, device=sessions.Device())
            finally:
                connection.close()

        threads = [threading.Thread(target=sign_in) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sessions.session_list(user=member).count() == 2
        assert DeviceSession.objects.count() == 4


class TestLimit:
    def test_the_oldest_goes(self, member: User, outsider: User) -> None:
        theirs = start(outsider)
        first, *others = [start(member, f"device {number}") for number in range(11)]
        live = set(sessions.session_list(user=member))
        assert live == set(others)
        assert len(live) == SESSIONS_PER_USER.default == 10
        assert sessions.session_list(user=outsider).get() == theirs
        entry = ActivityEntry.objects.get(action=Action.SESSION_END)
        assert entry.resource_id == first.pk
        assert entry.metadata["reason"] == "too many sessions"
        assert entry.metadata["device"] == "device 0"

    def test_what_ended_or_expired_does_not_count(self, member: User, admin: User) -> None:
        kept, expired, ended = (start(member) for _ in range(3))
        DeviceSession.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
        sessions.session_end(session_id=ended.pk)
        siteconfig.server_setting_update(setting=SESSIONS_PER_USER, value=2, actor=admin)
        new = start(member)
        assert set(sessions.session_list(user=member)) == {kept, new}

    def test_a_limit_that_sank_counts_from_the_next_sign_in(
        self, member: User, admin: User
    ) -> None:
        for _ in range(3):
            start(member)
        siteconfig.server_setting_update(setting=SESSIONS_PER_USER, value=1, actor=admin)
        new = start(member)
        assert sessions.session_list(user=member).get() == new


class TestApi:
    def test_all_of_them_are_listed(self, api: Api, member: User, outsider: User) -> None:
        start(outsider)
        sign_in()
        client = api(member)
        body = client.get(SESSIONS).json()
        assert body["total"] == 2
        own, browser = body["sessions"]
        assert (own["device_name"], own["is_current"]) == ("test", True)
        assert (browser["device_name"], browser["is_current"]) == ("Firefox on Linux", False)
        assert browser["ip_address"] == "127.0.0.1"
        assert browser["user_agent"] == FIREFOX
        assert browser["is_active"] is True
        assert client.get(f"{SESSIONS}/current").json() == own

    def test_a_cookie_has_its_own_too(self, browser_of: BrowserOf, member: User) -> None:
        start(member)
        browser = browser_of(member)
        own = browser.get(f"{SESSIONS}/current").json()
        assert own["is_current"] is True
        assert own["id"] == str(DeviceSession.objects.get(kind=SessionKind.WEB).pk)
        assert [each["is_current"] for each in browser.get(SESSIONS).json()["sessions"]].count(
            True
        ) == 1

    @pytest.mark.parametrize("count", [1, 8])
    def test_any_number_takes_as_many_queries(self, api: Api, member: User, count: int) -> None:
        for _ in range(count):
            start(member)
        client = api(member)
        client.get(SESSIONS)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(SESSIONS).json()["total"] == count + 1
        assert sum("authn_devicesession" in query["sql"] for query in captured) <= 2

    def test_one_is_ended(self, api: Api, member: User) -> None:
        client, other = api(member), api(member)
        session_id = other.get(f"{SESSIONS}/current").json()["id"]
        assert client.delete(f"{SESSIONS}/{session_id}").status_code == 204
        assert other.get(ME).status_code == 401
        assert client.get(ME).status_code == 200
        assert client.delete(f"{SESSIONS}/{session_id}").status_code == 404
        entry = ActivityEntry.objects.get(action=Action.SESSION_END)
        assert (entry.user_id, str(entry.resource_id)) == (member.pk, session_id)

    def test_another_user_s_is_not_there(self, api: Api, member: User, outsider: User) -> None:
        theirs = start(outsider)
        assert api(member).delete(f"{SESSIONS}/{theirs.pk}").status_code == 404
        assert sessions.session_list(user=outsider).get() == theirs

    def test_all_others_are_ended(self, api: Api, member: User, outsider: User) -> None:
        theirs, other, browser, client = api(outsider), api(member), sign_in(), api(member)
        assert client.delete(SESSIONS).status_code == 204
        assert other.get(ME).status_code == browser.get(ME).status_code == 401
        assert client.get(ME).status_code == theirs.get(ME).status_code == 200

    def test_all_are_ended(self, api: Api, member: User) -> None:
        client, other = api(member), api(member)
        assert client.delete(f"{SESSIONS}?include_current=true").status_code == 204
        assert client.get(ME).status_code == other.get(ME).status_code == 401

    @pytest.mark.parametrize("value", ["maybe", "2", "\0"])
    def test_a_bad_query_ends_nothing(self, api: Api, member: User, value: str) -> None:
        client = api(member)
        response = client.delete(SESSIONS, QUERY_STRING=f"include_current={value}")
        assert response.status_code == 400
        assert client.get(ME).status_code == 200

    def test_the_current_one_is_ended(self, api: Api, member: User) -> None:
        client, other = api(member), api(member)
        assert client.delete(f"{SESSIONS}/current").status_code == 204
        assert client.get(ME).status_code == 401
        assert other.get(ME).status_code == 200
        assert ActivityEntry.objects.filter(action=Action.LOGOUT).count() == 1

    def test_a_refresh_has_the_shape_of_the_other(self, member: User) -> None:
        pair = sessions.session_start(user=member, device=sessions.Device())
        body = {"refresh_token": pair.refresh_token}
        answer = Client().post(f"{SESSIONS}/refresh", body, content_type="application/json")
        assert answer.json().keys() == {"access_token", "refresh_token", "expires_in"}


class TestPage:
    def test_it_shows_where_one_is_signed_in(self, member: User) -> None:
        start(member, "<b>Kitchen</b>")
        page = sign_in().get("/account/security").content.decode()
        assert "Firefox on Linux" in page
        assert "&lt;b&gt;Kitchen&lt;/b&gt;" in page
        assert page.count("This device") == 1
        assert "just now" in page

    def test_one_is_ended(self, member: User) -> None:
        session = start(member, "Kitchen")
        browser = sign_in()
        address = f"/account/security/sessions/{session.pk}/end"
        assert browser.get(address).status_code == 405
        page = browser.post(address, follow=True).content.decode()
        assert "Kitchen is signed out." in page
        assert session not in sessions.session_list(user=member)

    def test_htmx_gets_the_list_alone(self, member: User) -> None:
        session = start(member, "Kitchen")
        response = sign_in().post(
            f"/account/security/sessions/{session.pk}/end", headers={"HX-Request": "true"}
        )
        page = response.content.decode()
        assert "Kitchen is signed out." in page
        assert page.lstrip().startswith("<section")
        assert page.count("<tr>") == 2

    def test_ending_one_s_own_signs_out(self, member: User) -> None:
        browser = sign_in()
        own = sessions.session_list(user=member).get()
        response = browser.post(f"/account/security/sessions/{own.pk}/end")
        assert response.url == "/sign-in/"
        assert not is_signed_in(browser)

    def test_all_others_are_ended(self, member: User, outsider: User) -> None:
        theirs, other = start(outsider), sign_in()
        browser = sign_in()
        page = browser.post("/account/security/sessions/end-others", follow=True).content.decode()
        assert "All other devices are signed out." in page
        assert "Sign out all others" not in page
        assert not is_signed_in(other)
        assert sessions.session_list(user=outsider).get() == theirs
        assert sessions.session_list(user=member).count() == 1


def test_the_use_of_an_old_token_is_recorded(member: User) -> None:
    pair = sessions.session_start(user=member, device=sessions.Device(name="TV"))
    renewed = sessions.session_refresh(refresh_token=pair.refresh_token)
    sessions.session_refresh(refresh_token=renewed.refresh_token)
    body = {"refresh_token": pair.refresh_token}
    response = Client(headers={"X-Forwarded-For": "192.0.2.7"}).post(
        "/api/v1/auth/refresh", body, content_type="application/json"
    )
    assert response.status_code == 401
    entry = ActivityEntry.objects.get(action=Action.SESSION_REUSE)
    assert (entry.user_id, entry.success, entry.ip_address) == (member.pk, False, "192.0.2.7")
    assert pair.refresh_token.partition(".")[2] not in str(entry.metadata)
    assert not sessions.session_list(user=member).exists()


def test_what_ended_twice_is_recorded_once(member: User) -> None:
    session = start(member)
    for _ in range(2):
        sessions.session_end(session_id=session.pk)
    assert ActivityEntry.objects.filter(action=Action.SESSION_END).count() == 1


def test_somebody_else_may_end_them(member: User, admin: User) -> None:
    start(member)
    sessions.sessions_end_all(user=member, actor=admin)
    entry = ActivityEntry.objects.get(action=Action.SESSION_END)
    assert (entry.user_id, entry.metadata["user"]) == (admin.pk, "member")
