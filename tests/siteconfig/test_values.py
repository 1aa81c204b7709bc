"""Server settings: environment before database before default."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.libraries.models import Library
from apps.siteconfig import selectors, services, values
from apps.siteconfig.declared import (
    IMAGES_REQUIRE_AUTH,
    PASSWORD_MIN_LENGTH,
    SERVER_NAME,
    SESSION_DAYS,
    SESSIONS_PER_USER,
)
from apps.siteconfig.declaring import DECLARED, Category, Setting, Source
from apps.siteconfig.models import ServerSetting
from apps.users.models import User
from revenge.env import EnvError
from tests.metadata.pictures import make_image

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def secret() -> Iterator[Setting[str]]:
    setting = Setting("test.key", "", Category.GENERAL, SERVER_NAME.label, is_secret=True)
    yield setting
    del DECLARED[setting.key]


def test_the_first_that_has_a_value_counts(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert selectors.effective(SESSIONS_PER_USER) == (10, Source.DEFAULT)
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    assert selectors.effective(SESSIONS_PER_USER) == (3, Source.DATABASE)
    monkeypatch.setenv("REVENGE_SETTING_SESSIONS_PER_USER", "5")
    assert selectors.effective(SESSIONS_PER_USER) == (5, Source.ENVIRONMENT)
    with pytest.raises(ConflictError):
        services.server_setting_update(setting=SESSIONS_PER_USER, value=4, actor=admin)
    with pytest.raises(ConflictError):
        services.server_setting_reset(setting=SESSIONS_PER_USER, actor=admin)


def test_the_default_counts_again_after_a_reset(admin: User) -> None:
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    services.server_setting_reset(setting=SESSIONS_PER_USER, actor=admin)
    services.server_setting_reset(setting=SESSIONS_PER_USER, actor=admin)
    assert selectors.effective(SESSIONS_PER_USER) == (10, Source.DEFAULT)
    changes = list(ActivityEntry.objects.order_by("created_at").values_list("changes", flat=True))
    assert changes == [
        {"sessions.per_user": {"old": 10, "new": 3}},
        {"sessions.per_user": {"old": 3, "new": 10}},
    ]


@pytest.mark.parametrize("value", [0, 1001, "3", 3.0, True, None, [3]])
def test_a_value_that_it_may_not_have(admin: User, value: object) -> None:
    with pytest.raises(InvalidInputError):
        services.server_setting_update(setting=SESSIONS_PER_USER, value=value, actor=admin)
    assert SESSIONS_PER_USER.get() == 10


@pytest.mark.parametrize("value", ["x" * 61, "a\0b", 3, "", "  "])
def test_a_text_that_it_may_not_have(admin: User, value: object) -> None:
    with pytest.raises(InvalidInputError):
        services.server_setting_update(setting=SERVER_NAME, value=value, actor=admin)


def test_a_bad_variable_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVENGE_SETTING_SESSIONS_PER_USER", "many")
    with pytest.raises(EnvError, match="REVENGE_SETTING_SESSIONS_PER_USER"):
        SESSIONS_PER_USER.get()


def test_a_stored_value_that_is_not_valid_any_more_does_not_count() -> None:
    ServerSetting.objects.create(key=SESSIONS_PER_USER.key, value="many")
    ServerSetting.objects.create(key=SERVER_NAME.key, value="Films")
    assert selectors.effective(SESSIONS_PER_USER) == (10, Source.DEFAULT)
    assert SERVER_NAME.get() == "Films"


def test_a_change_is_recorded_once(admin: User) -> None:
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    entry = ActivityEntry.objects.get()
    assert entry.username == "admin"
    assert entry.changes == {"sessions.per_user": {"old": 10, "new": 3}}
    assert entry.metadata == {}


def test_a_secret_is_seen_nowhere(admin: User, secret: Setting[str]) -> None:
    services.server_setting_update(setting=secret, value="hunter2", actor=admin)
    assert secret.get() == "hunter2"
    assert selectors.server_setting_get(key=secret.key).value == selectors.MASK
    shown = [each for each in selectors.server_settings() if each.key == secret.key]
    assert [(each.value, each.is_secret) for each in shown] == [(selectors.MASK, True)]
    entry = ActivityEntry.objects.get()
    assert entry.metadata == {"setting": secret.key}
    assert "hunter2" not in json.dumps([entry.changes, entry.metadata])


def test_who_saw_another_value_changes_nothing(admin: User) -> None:
    services.server_setting_update(setting=SERVER_NAME, value="One", actor=admin, shown="revenge")
    with pytest.raises(ConflictError, match="One"):
        services.server_setting_update(
            setting=SERVER_NAME, value="Two", actor=admin, shown="revenge"
        )
    with pytest.raises(ConflictError, match="One"):
        services.server_setting_reset(setting=SERVER_NAME, actor=admin, shown="revenge")
    assert SERVER_NAME.get() == "One"
    services.server_setting_update(setting=SERVER_NAME, value="Two", actor=admin, shown="One")
    assert SERVER_NAME.get() == "Two"


def test_what_clients_add_is_removed_again(admin: User) -> None:
    services.server_setting_put(key="radio", value={"on": True}, actor=admin)
    assert dict(selectors.custom_settings()) == {"custom.radio": {"on": True}}
    services.custom_setting_delete(key="custom.radio", actor=admin)
    assert not dict(selectors.custom_settings())
    with pytest.raises(NotFoundError):
        services.custom_setting_delete(key=SERVER_NAME.key, actor=admin)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        float("inf"),
        float("nan"),
        "\ud800",
        "a\0",
        {"a\0": 1},
        {"a": {"b": ["\0"]}},
        "x" * values.MOST_BYTES,
        {"ä" * (values.MOST_BYTES // 2): 1},
        json.loads('{"a":' * 40 + "1" + "}" * 40),
        {"a": json.loads("[" * 40 + "]" * 40)},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_cannot_be_stored(admin: User, value: object) -> None:
    with pytest.raises(InvalidInputError):
        services.server_setting_put(key="custom.x", value=value, actor=admin)
    with pytest.raises(InvalidInputError):
        services.user_setting_put(user=admin, key="x", value=value)


@pytest.mark.parametrize(
    "value", ["", "\\u0000", "x" * (values.MOST_BYTES - 2), 0, -1.5, True, {}, {"a": [None]}]
)
def test_what_is_stored_is_what_was_given(admin: User, value: Any) -> None:
    services.user_setting_put(user=admin, key="x", value=value)
    found = selectors.user_setting_get(user=admin, key="x").value
    assert (found, type(found)) == (value, type(value))


def test_the_shortest_password(admin: User) -> None:
    validate_password("Correct-9")
    services.server_setting_update(setting=PASSWORD_MIN_LENGTH, value=12, actor=admin)
    with pytest.raises(ValidationError, match="12"):
        validate_password("Correct-9")


def test_how_long_a_session_lasts(admin: User, api: Callable[[User | None], APIClient]) -> None:
    services.server_setting_update(setting=SESSION_DAYS, value=2, actor=admin)
    assert api(admin).get("/api/v1/users/me").status_code == 200
    left = DeviceSession.objects.get().expires_at - timezone.now()
    assert left.days == 1


@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page"])
def test_pages_have_the_name_of_the_server(client: Client, admin: User, path: str) -> None:
    services.server_setting_update(setting=SERVER_NAME, value="<b>Films", actor=admin)
    page = client.get(path).content.decode()
    assert "&lt;b&gt;Films" in page.partition("</title>")[0]
    assert "<b>Films" not in page


def test_the_console_has_the_name_of_the_server(
    browser_of: Callable[[User], Client], admin: User
) -> None:
    services.server_setting_update(setting=SERVER_NAME, value="<b>Films", actor=admin)
    page = browser_of(admin).get("/admin/").content.decode()
    assert "&lt;b&gt;Films" in page
    assert "<b>Films" not in page


def test_pictures_may_ask_for_a_sign_in(  # noqa: PLR0917  (fixtures)
    client: Client,
    api: Callable[[User | None], APIClient],
    browser_of: Callable[[User], Client],
    admin: User,
    member: User,
    films: Library,
    image_cache: object,  # noqa: ARG001
) -> None:
    address = f"/api/v1/images/poster/w342/{make_image(films).file_name}"
    assert client.get(address).headers["Cache-Control"].startswith("public")
    services.server_setting_update(setting=IMAGES_REQUIRE_AUTH, value=True, actor=admin)
    refused = client.get(address)
    assert refused.status_code == 401
    assert refused.json()["code"] == 401
    assert "X-Accel-Redirect" not in refused.headers
    assert client.get(address, headers={"Authorization": "Bearer x"}).status_code == 401
    for known in (api(member), browser_of(member)):
        answer = known.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"].startswith("private")
