"""The console's page of the log, and everybody's own."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activity import services
from apps.activity.actions import Action
from apps.activity.labels import ACTIONS
from apps.activity.models import ActivityEntry
from apps.core.context import Origin, in_request
from apps.users.models import User

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>"
OWN = "/account/activity"
LOG = "admin:activity_activityentry_changelist"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Browser = Callable[[User], Client]


def _page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_every_action_has_a_name() -> None:
    assert ACTIONS.keys() == set(Action)


def test_ones_own_shows_what_concerns_the_account(
    browser_of: Browser, member: User, admin: User, outsider: User
) -> None:
    client = browser_of(member)
    with in_request("request-1", Origin("192.0.2.7", FIREFOX)):
        services.record(Action.LOGIN, actor=member)
        services.record(Action.LOGIN_FAILED, resource=member, username="member", success=False)
    with in_request("request-2", Origin("192.0.2.9", HOSTILE)):
        services.record(
            Action.USER_UPDATE, actor=admin, resource=member, changes={"locale": ("", HOSTILE)}
        )
    services.record(Action.PASSWORD_CHANGE, actor=outsider, resource=outsider)
    page = _page(client, OWN)
    for text in ("Signed in", "Sign-in failed", "Account changed", "Firefox on Linux", "192.0.2.7"):
        assert text in page
    assert "by admin" in page
    assert "192.0.2.9" not in page
    assert "Password changed" not in page
    assert HOSTILE not in page


def test_ones_own_in_pages(browser_of: Browser, member: User) -> None:
    client = browser_of(member)
    assert "Nothing has been recorded yet" in _page(client, OWN)
    now = timezone.now()
    ActivityEntry.objects.bulk_create(
        ActivityEntry(
            action=f"test.{number:02}", user_id=member.pk, created_at=now - timedelta(number // 2)
        )
        for number in range(60)
    )
    seen: list[str] = []
    address: str | None = OWN
    while address:
        page = _page(client, address)
        seen += re.findall(r"<strong>(test\.\d\d)</strong>", page)
        older = re.search(r'href="(\?cursor=[^"]+)"', page)
        address = OWN + older[1] if older else None
    assert len(seen) == 60
    assert len(set(seen)) == 60
    for cursor in ("x", "", "%00"):
        assert client.get(f"{OWN}?cursor={cursor}").status_code == 400


def test_ones_own_is_for_who_has_signed_in(client: Client) -> None:
    assert client.get(OWN).headers["Location"] == f"/sign-in/?next={OWN}"


@pytest.fixture
def console(browser_of: Browser, admin: User) -> Client:
    return browser_of(admin)


def test_the_log_shows_who_did_what_from_where(console: Client, admin: User, member: User) -> None:
    with in_request("request-1", Origin("192.0.2.7", FIREFOX)):
        services.record(
            Action.USER_UPDATE,
            actor=admin,
            resource=member,
            changes={"locale": ("", "de"), "is_active": (True, False), "groups": ([], ["a", "b"])},
            metadata={"why": HOSTILE},
            error=HOSTILE,
            success=False,
        )
    services.record(Action.ACTIVITY_PURGE)
    page = _page(console, reverse(LOG))
    for text in (
        "Account changed", "192.0.2.7 · Firefox on Linux", str(member.pk), "the server",
        reverse("admin:users_user_change", args=[admin.pk]), "<ins>de</ins>", "<ins>a, b</ins>",
        "<del>yes</del>", reverse("admin:activity_export"),
    ):  # fmt: skip
        assert text in page
    assert HOSTILE not in page


def test_the_logs_filters(console: Client, admin: User, member: User) -> None:
    services.record(Action.LOGIN, actor=member)
    services.record(Action.LOGIN_FAILED, username="member", success=False)
    services.record(Action.USER_UPDATE, actor=admin, resource=member)
    today = timezone.localdate()

    def found(query: str) -> list[str]:
        page = _page(console, f"{reverse(LOG)}?{query}")
        return re.findall(r"<b>(Signed in|Sign-in failed|Account changed)</b>", page)

    assert found("who=MEMBER") == ["Sign-in failed", "Signed in"]
    assert found("action=user.login") == ["Signed in"]
    assert found("kind=user") == ["Account changed"]
    assert found("success=no") == ["Sign-in failed"]
    assert len(found(f"first_day={today}&last_day={today}")) == 3
    assert found(f"last_day={today - timedelta(1)}") == []
    assert found("first_day=x") == []
    assert "Enter a valid date" in _page(console, f"{reverse(LOG)}?first_day=x")
    assert found("who=%00") == []
    assert console.get(f"{reverse(LOG)}?cursor=x").status_code == 400


def test_the_log_in_pages_keeps_its_filters(console: Client) -> None:
    ActivityEntry.objects.bulk_create(
        ActivityEntry(action=Action.LOGIN, username=f"u{number:03}") for number in range(120)
    )
    address, seen = f"{reverse(LOG)}?action=user.login", []
    for _number in range(3):
        page = _page(console, address)
        seen += re.findall(r"\bu\d{3}\b", page)
        older = re.search(r'href="(\?[^"]*cursor=[^"]+)"', page)
        if older is None:
            break
        assert "action=user.login" in older[1]
        address = reverse(LOG) + older[1].replace("&amp;", "&")
    assert len(set(seen)) == len(seen) == 120


def test_the_log_is_for_administrators(browser_of: Browser, member: User) -> None:
    assert browser_of(member).get(reverse(LOG)).status_code == 403


def test_a_failure_is_named_once(console: Client) -> None:
    services.record(Action.LOGIN_FAILED, username="member", success=False)
    assert "activity-failed" not in _page(console, reverse(LOG))
    services.record(Action.USER_UPDATE, username="member", success=False)
    assert "activity-failed" in _page(console, reverse(LOG))


def test_fields_have_the_names_that_people_know(console: Client, member: User) -> None:
    changes = {"is_active": (True, False), "odd": (1, 2)}
    services.record(Action.USER_UPDATE, resource=member, changes=changes)
    page = _page(console, reverse(LOG))
    assert "<b>Active</b>" in page
    assert "<b>odd</b>" in page


def test_details_are_said_as_people_do(console: Client) -> None:
    about = {
        "device": FIREFOX,
        "user_id": "7f1e",
        "expires_at": "2026-11-28T19:59:51.978882+00:00",
    }
    services.record(Action.SESSION_END, metadata=about)
    page = _page(console, reverse(LOG))
    assert "<b>Device</b>: Firefox" in page
    services.record(Action.SESSION_END, metadata={"device": "Kodi upstairs"})
    assert "<b>Device</b>: Kodi upstairs" in _page(console, reverse(LOG))
    assert "11/28/2026 7:59 p.m." in page
    assert "7f1e" not in page


def test_what_is_told_of_libraries_is_said_as_people_do(console: Client) -> None:
    services.record(Action.LIBRARY_SCAN, metadata={"scan_type": "full", "paths": ["/films/A"]})
    changes = {"scanner_config": ({}, {"exclude": ["*.part"]}), "enabled": (True, False)}
    services.record(Action.LIBRARY_UPDATE, changes=changes)
    page = _page(console, reverse(LOG))
    for said in (
        "<b>Type</b>: Full",
        "<b>Paths</b>: /films/A",
        "<ins>Leave out: *.part</ins>",
        "<b>Switched on</b>: <del>yes</del>",
    ):
        assert said in page
