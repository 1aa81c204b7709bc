"""The page of one's keys, and the console's of everybody's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.apikeys import services
from apps.apikeys.models import ApiKey, Scope
from apps.users.models import User

PAGE = "/account/api-keys"

BrowserOf = Callable[[User], Client]


@pytest.fixture
def key(member: User) -> ApiKey:
    return services.key_create(user=member, name="<Kodi>", scopes=[Scope.READ]).row


def test_a_key_is_shown_once(browser_of: BrowserOf, member: User) -> None:
    browser = browser_of(member)
    day = (timezone.now() + timedelta(days=9)).date()
    form = {
        "name": "Kodi",
        "scopes": ["read", "write"],
        "expires_at": day.isoformat(),
        "address_ranges": "192.0.2.0/24\r\n\r\n 10.0.0.1 ",
    }
    response = browser.post(PAGE, form)
    (shown,) = re.findall(r"rv_[0-9a-f]{64}", response.content.decode())
    assert "no-store" in response.headers["Cache-Control"]
    made = ApiKey.objects.get()
    assert shown.startswith(made.prefix)
    assert (made.scopes, made.address_ranges) == (
        ["read", "write"],
        ["192.0.2.0/24", "10.0.0.1/32"],
    )
    assert made.expires_at
    assert made.expires_at.date() == day
    assert shown not in browser.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"address_ranges": "example.org"}, "address_ranges"),
    ],
)
def test_a_bad_form_keeps_what_was_typed(
    browser_of: BrowserOf, member: User, change: dict[str, object], field: str
) -> None:
    form = {"name": "Kodi", "scopes": ["write"], **change}
    response = browser_of(member).post(PAGE, form)
    assert list(response.context["form"].errors) == [field]
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert field == "name" or 'value="Kodi"' in page
    assert not ApiKey.objects.exists()


def test_the_eleventh_is_refused_in_words(browser_of: BrowserOf, member: User) -> None:
    for _ in range(services.MAX_ACTIVE):
        services.key_create(user=member, name="x", scopes=[Scope.READ])
    page = browser_of(member).post(PAGE, {"name": "y", "scopes": ["read"]}).content.decode()
    assert "You have 10 active keys already" in page


def test_it_lists_one_s_own_and_revokes(
    browser_of: BrowserOf, member: User, outsider: User, key: ApiKey
) -> None:
    assert "&lt;Kodi&gt;" in browser_of(member).get(PAGE).content.decode()
    assert key.prefix not in browser_of(outsider).get(PAGE).content.decode()
    assert browser_of(outsider).post(f"{PAGE}/{key.pk}/revoke").status_code == 404
    page = browser_of(member).post(f"{PAGE}/{key.pk}/revoke", follow=True).content.decode()
    assert "“&lt;Kodi&gt;” works no more." in page
    assert not ApiKey.objects.exists()


class TestConsole:
    LIST = "/admin/apikeys/apikey/"

    def test_administrators_see_all_and_no_hash(
        self, browser_of: BrowserOf, admin: User, key: ApiKey
    ) -> None:
        browser = browser_of(admin)
        assert key.prefix in browser.get(self.LIST).content.decode()
        page = browser.get(f"{self.LIST}{key.pk}/change/").content.decode()
        assert key.prefix in page
        assert key.key_hash not in page
        assert browser.get(f"{self.LIST}add/").status_code == 403

    @pytest.mark.parametrize("way", ["one", "several"])
    def test_they_revoke(self, browser_of: BrowserOf, admin: User, key: ApiKey, way: str) -> None:
        browser = browser_of(admin)
        if way == "one":
            browser.post(f"{self.LIST}{key.pk}/delete/", {"post": "yes"})
        else:
            chosen = {"action": "delete_selected", "_selected_action": [str(key.pk)], "post": "yes"}
            browser.post(self.LIST, chosen)
        assert not ApiKey.objects.exists()
        entry = ActivityEntry.objects.get(action=Action.API_KEY_REVOKE)
        assert (entry.user_id, entry.metadata["user"]) == (admin.pk, "member")

    def test_nobody_else_does(self, browser_of: BrowserOf, member: User, key: ApiKey) -> None:
        assert browser_of(member).get(self.LIST).status_code == 403
        response = browser_of(member).post(f"{self.LIST}{key.pk}/delete/", {"post": "yes"})
        assert response.status_code == 403
        assert ApiKey.objects.exists()
