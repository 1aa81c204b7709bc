"""Pages in the language and the time zone of the account."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone, translation

from apps.users import places, services
from apps.users.models import User

BrowserOf = Callable[[User], Client]
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def browser(browser_of: BrowserOf, member: User) -> Client:
    return browser_of(member)


def seen_at(browser: Client) -> str:
    """The profile page, with a sign-in at noon UTC."""
    User.objects.update(last_login=NOON)
    return browser.get("/account/").content.decode()


def test_times_are_those_of_the_account(browser: Client, member: User) -> None:
    assert "noon" in seen_at(browser)
    for zone, shown in (("Asia/Tokyo", "9 p.m."), ("America/New_York", "8 a.m.")):
        services.user_update(user=member, changes={"timezone": zone})
        assert shown in seen_at(browser)


def test_the_next_request_of_the_thread_has_its_own(
    browser: Client, browser_of: BrowserOf, member: User, outsider: User
) -> None:
    services.user_update(user=member, changes={"timezone": "Asia/Tokyo", "locale": "de"})
    assert browser.get("/account/").headers["Content-Language"] == "de"
    assert timezone.get_current_timezone_name() == "UTC"
    other = browser_of(outsider).get("/account/")
    assert other.headers["Content-Language"] == "en"


def test_the_account_decides_before_the_browser(browser: Client, member: User) -> None:
    german = {"Accept-Language": "de"}
    assert browser.get("/account/", headers=german).headers["Content-Language"] == "de"
    services.user_update(user=member, changes={"locale": "en"})
    assert browser.get("/account/", headers=german).headers["Content-Language"] == "en"


def test_a_zone_that_has_gone_does_no_harm(browser: Client, member: User) -> None:
    User.objects.filter(pk=member.pk).update(timezone="Gone/Zone")
    assert "noon" in seen_at(browser)


def test_no_query_is_made_for_it(
    browser: Client, member: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    browser.get("/account/preferences")
    with django_assert_num_queries(3):  # the session, the user, the preferences
        browser.get("/account/preferences")
    services.user_update(user=member, changes={"timezone": "Asia/Tokyo", "locale": "de"})
    with django_assert_num_queries(3):
        browser.get("/account/preferences")


class TestTheSwitch:
    def test_it_is_kept_in_the_account(self, browser: Client, member: User) -> None:
        response = browser.post("/language/", {"language": "de", "next": "/account/"})
        assert response.url == "/account/"
        member.refresh_from_db()
        assert member.locale == "de"
        assert browser.get("/account/").headers["Content-Language"] == "de"

    def test_before_sign_in_the_browser_keeps_it(self, client: Client, member: User) -> None:
        client.post("/language/", {"language": "de", "next": "/sign-in/"})
        assert client.get("/sign-in/").headers["Content-Language"] == "de"
        member.refresh_from_db()
        assert member.locale == ""

    @pytest.mark.parametrize("language", ["fr", "", "../de", "d" * 300])
    def test_another_one_changes_nothing(
        self, browser: Client, member: User, language: str
    ) -> None:
        browser.post("/language/", {"language": language, "next": "/account/"})
        member.refresh_from_db()
        assert member.locale == ""


def test_every_zone_is_one_of_the_iana_database() -> None:
    zones = places.time_zones()
    assert len(zones) > 400
    assert "Europe/Berlin" in zones
    for zone in zones:
        places.validate_time_zone(zone)


@pytest.mark.parametrize("name", ["", "europe/berlin", "Europe", "..", "posixrules", "Berlin"])
def test_other_names_are_no_zones(name: str) -> None:
    with pytest.raises(ValidationError):
        places.validate_time_zone(name)


@pytest.mark.parametrize(("tag", "language"), [("de", "de"), ("de-AT", "de"), ("EN", "en")])
def test_the_language_of_a_tag(tag: str, language: str) -> None:
    assert places.page_language(tag) == language
    with translation.override(language):
        assert translation.get_language() == language
