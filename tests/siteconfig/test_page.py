"""The console's page of the server's settings."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.siteconfig import selectors, services
from apps.siteconfig.declared import REGISTRATION_ENABLED, SERVER_NAME, SESSIONS_PER_USER
from apps.siteconfig.declaring import DECLARED, Source
from apps.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "admin:siteconfig_serversetting_changelist"


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


def _filled_in(console: Client) -> dict[str, Any]:
    """What a browser would send of the form as it is."""
    form = console.get(reverse(PAGE)).context["form"]
    fields = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in fields.items() if value is not False}


def _send(console: Client, values: dict[str, Any]) -> HttpResponse:
    return console.post(reverse(PAGE), values, follow=True)


def _messages(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_it_shows_every_setting_and_where_it_comes_from(
    console: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_NAME.variable, "<b>Ours")
    services.server_setting_update(setting=SESSIONS_PER_USER, value=7, actor=admin)
    page = console.get(reverse(PAGE)).content.decode()
    for setting in DECLARED.values():
        assert f'name="{setting.key}"' in page
        assert escape(str(setting.label)) in page
    assert f"<code>{SERVER_NAME.variable}</code>" in page
    assert "<b>Ours" not in page
    (locked,) = re.findall(r"<input[^>]* disabled(?=[ >])[^>]*>", page)
    assert 'name="server.name"' in locked
    assert re.findall(r'name="reset"\s+value="([^"]+)"', page) == ["sessions.per_user"]
    assert "1 to 1000 · Default: 10" in page


def test_nothing_that_was_not_changed_is_written(console: Client) -> None:
    response = _send(console, _filled_in(console))
    assert _messages(response) == ["The settings are saved."]
    assert not ActivityEntry.objects.filter(action="setting.update").exists()
    assert selectors.effective(SERVER_NAME)[1] is Source.DEFAULT


def test_changes_are_saved_and_recorded(console: Client) -> None:
    values = {**_filled_in(console), "server.name": "Films", "features.registration_enabled": "on"}
    assert _messages(_send(console, values)) == ["The settings are saved."]
    assert (SERVER_NAME.get(), REGISTRATION_ENABLED.get()) == ("Films", True)
    assert ActivityEntry.objects.filter(action="setting.update", username="admin").count() == 2
    values = _filled_in(console)
    del values["features.registration_enabled"]
    _send(console, values)
    assert REGISTRATION_ENABLED.get() is False


@pytest.mark.parametrize("value", ["0", "1001", "many", ""])
def test_an_error_stands_at_its_field_and_nothing_is_saved(console: Client, value: str) -> None:
    values = {**_filled_in(console), "server.name": "Films", "sessions.per_user": value}
    response = _send(console, values)
    assert _messages(response) == ["Nothing was saved: look at the marked fields."]
    assert response.context["form"].errors.keys() == {"sessions.per_user"}
    page = response.content.decode()
    assert 'id="id_sessions.per_user_error"' in page
    assert 'value="Films"' in page
    assert SERVER_NAME.get() == "revenge"


def test_a_second_tab_is_told_what_changed_meanwhile(console: Client, admin: User) -> None:
    values = {**_filled_in(console), "server.name": "Mine", "sessions.per_user": "5"}
    services.server_setting_update(setting=SERVER_NAME, value="Theirs", actor=admin)
    response = _send(console, values)
    assert response.context["form"].errors.keys() == {"server.name"}
    assert "Theirs" in str(response.context["form"].errors)
    assert 'value="Mine"' in response.content.decode()
    assert (SERVER_NAME.get(), SESSIONS_PER_USER.get()) == ("Theirs", 10)
    # Who has read it and saves again means it.
    form = response.context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() is not False}
    assert _messages(_send(console, again)) == ["The settings are saved."]
    assert (SERVER_NAME.get(), SESSIONS_PER_USER.get()) == ("Mine", 5)


def test_what_somebody_else_changed_stays_if_this_tab_did_not(console: Client, admin: User) -> None:
    values = {**_filled_in(console), "sessions.per_user": "5"}
    services.server_setting_update(setting=SERVER_NAME, value="Theirs", actor=admin)
    assert _messages(_send(console, values)) == ["The settings are saved."]
    assert (SERVER_NAME.get(), SESSIONS_PER_USER.get()) == ("Theirs", 5)


def test_a_reset_keeps_what_else_was_typed(console: Client, admin: User) -> None:
    services.server_setting_update(setting=SESSIONS_PER_USER, value=7, actor=admin)
    values = {**_filled_in(console), "server.name": "Films", "reset": "sessions.per_user"}
    response = _send(console, values)
    assert _messages(response) == ["Sessions a user: the default counts."]
    assert selectors.effective(SESSIONS_PER_USER) == (10, Source.DEFAULT)
    assert SERVER_NAME.get() == "revenge"
    assert response.context["form"]["server.name"].value() == "Films"
    assert str(response.context["form"]["sessions.per_user"].value()) == "10"
    assert 'name="reset"' not in response.content.decode()


@pytest.mark.parametrize("shown", ["", "{", "[]", '"x"', "[" * 100_000])
def test_what_was_shown_may_be_anything(console: Client, shown: str) -> None:
    values = {**_filled_in(console), "server.name": "Films", "shown:server.name": shown}
    assert _send(console, values).status_code == 200
    assert _send(console, {**values, "reset": "no such"}).status_code == 200


def test_what_the_environment_sets_is_not_written(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**_filled_in(console), "server.name": "Mine"}
    monkeypatch.setenv(SERVER_NAME.variable, "Ours")
    _send(console, values)
    monkeypatch.delenv(SERVER_NAME.variable)
    assert selectors.effective(SERVER_NAME) == ("revenge", Source.DEFAULT)


def test_what_programs_store_is_shown_and_removed(console: Client, admin: User) -> None:
    services.server_setting_put(key="radio", value={"a": "<b>x"}, actor=admin)
    page = console.get(reverse(PAGE)).content.decode()
    assert "custom.radio" in page
    assert "<b>x" not in page
    response = _send(console, {**_filled_in(console), "remove": "custom.radio"})
    assert _messages(response) == ["custom.radio is removed."]
    assert "custom.radio is" not in console.get(reverse(PAGE)).content.decode()
    assert not list(selectors.custom_settings())


def test_only_administrators_change_them(
    browser_of: Callable[[User], Client], member: User
) -> None:
    values = {"server.name": "Mine"}
    assert browser_of(member).post(reverse(PAGE), values).status_code == 403
    assert SERVER_NAME.get() == "revenge"


def test_a_change_asks_who_it_is(console: Client) -> None:
    values = {**_filled_in(console), SERVER_NAME.key: "Mine"}
    DeviceSession.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    response = console.post(reverse(PAGE), values)
    assert response.headers["Location"].startswith(reverse("authn:step-up"))
    assert SERVER_NAME.get() == "revenge"


def test_who_may_only_read_them_finds_nothing_to_press(
    browser_of: Callable[[User], Client], moderator: User
) -> None:
    client = browser_of(moderator)
    response = client.get(reverse(PAGE))
    form = response.context["form"]
    assert all(form.fields[key].disabled for key in DECLARED)
    assert "console-button" not in response.content.decode()
    refused = client.post(reverse(PAGE), {SERVER_NAME.key: "Mine"})
    assert (refused.status_code, SERVER_NAME.get()) == (403, SERVER_NAME.default)
