"""Server settings: environment before database before default."""

import pytest

from apps.activity.models import ActivityEntry
from apps.core.errors import ConflictError, InvalidInputError
from apps.siteconfig import services
from apps.siteconfig.declared import SERVER_NAME, SESSIONS_PER_USER
from apps.siteconfig.declaring import Source
from apps.users.models import User
from revenge.env import EnvError

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_that_has_a_value_counts(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert services.effective(SESSIONS_PER_USER) == (10, Source.DEFAULT)
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    assert services.effective(SESSIONS_PER_USER) == (3, Source.DATABASE)
    monkeypatch.setenv("REVENGE_SETTING_SESSIONS_PER_USER", "5")
    assert services.effective(SESSIONS_PER_USER) == (5, Source.ENVIRONMENT)
    with pytest.raises(ConflictError):
        services.server_setting_update(setting=SESSIONS_PER_USER, value=4, actor=admin)


@pytest.mark.parametrize("value", [0, 1001, "3", 3.0, True, None, [3]])
def test_a_value_that_it_may_not_have(admin: User, value: object) -> None:
    with pytest.raises(InvalidInputError):
        services.server_setting_update(setting=SESSIONS_PER_USER, value=value, actor=admin)
    assert SESSIONS_PER_USER.get() == 10


@pytest.mark.parametrize("value", ["x" * 61, "a\0b", 3])
def test_a_text_that_it_may_not_have(admin: User, value: object) -> None:
    with pytest.raises(InvalidInputError):
        services.server_setting_update(setting=SERVER_NAME, value=value, actor=admin)


def test_a_bad_variable_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVENGE_SETTING_SESSIONS_PER_USER", "many")
    with pytest.raises(EnvError, match="REVENGE_SETTING_SESSIONS_PER_USER"):
        SESSIONS_PER_USER.get()


def test_a_change_is_recorded(admin: User) -> None:
    services.server_setting_update(setting=SESSIONS_PER_USER, value=3, actor=admin)
    entry = ActivityEntry.objects.get()
    assert entry.username == "admin"
    assert entry.changes == {"sessions.per_user": {"old": 10, "new": 3}}
