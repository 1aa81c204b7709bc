"""Reads of settings: of the server, environment before database before default, and of users."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.errors import InvalidInputError, NotFoundError
from apps.siteconfig import values
from apps.siteconfig.declaring import DECLARED, DataType, Setting, Source, T
from apps.siteconfig.models import ServerSetting, UserSetting
from apps.siteconfig.values import Json

if TYPE_CHECKING:
    import uuid

    from apps.users.models import User

logger = logging.getLogger(__name__)

MASK: Final = "********"
CUSTOM: Final = "custom."
ALL: Final = "all"
STORED: Cache[dict[str, Any]] = Cache("siteconfig", "server", ttl=Ttl.SERVER_SETTINGS, local_size=1)
"""The stored values of declared settings, all under ALL; every write of one drops it."""
USER_SETTINGS: Cache[dict[str, Json]] = Cache("siteconfig", "user", ttl=Ttl.USER_SETTINGS)
"""By the user's hexadecimal id; every write of one of the user's drops it."""


@dataclass(frozen=True, slots=True)
class ServerValue:
    """What clients see of a server setting."""

    key: str
    value: Json
    data_type: DataType
    description: str = ""
    category: str = ""
    is_secret: bool = False
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class UserValue:
    user_id: "uuid.UUID"
    key: str
    value: Json

    @property
    def data_type(self) -> DataType:
        return values.data_type_of(self.value)

    @property
    def category(self) -> str:
        """What stands before the key's first dot."""
        before, dot, _after = self.key.partition(".")
        return before if dot else ""


def value_of(setting: Setting[T]) -> T:
    return effective(setting)[0]


def effective(setting: Setting[T]) -> tuple[T, Source]:
    """The value that counts, and where it comes from."""
    given = setting.from_environment()
    if given is not None:
        return given, Source.ENVIRONMENT
    return _among(STORED.get_or_set(ALL, _read), setting)


def stored(setting: Setting[T]) -> tuple[T, Source]:
    """The value that counts as far as the environment has none, past the cache."""
    return _among(_read(), setting)


def custom_key(key: str) -> str:
    """Where a key that the server does not know is stored."""
    return key if key.startswith(CUSTOM) else f"{CUSTOM}{key}"


def server_settings() -> list[ServerValue]:
    """Declared ones in their order, then those that clients have added."""
    known = [_declared_value(setting) for setting in DECLARED.values()]
    return known + [_custom_value(key, value) for key, value in custom_settings()]


def custom_settings() -> Iterable[tuple[str, Json]]:
    """Key and value of what clients have added, by key."""
    added = ServerSetting.objects.filter(key__startswith=CUSTOM)
    return added.order_by("key").values_list("key", "value")


def server_setting_get(*, key: str) -> ServerValue:
    """Raises NotFoundError."""
    if key in DECLARED:
        return _declared_value(DECLARED[key])
    name = custom_key(key)
    row = ServerSetting.objects.filter(key=name).first() if values.is_key(name) else None
    if row is None:
        raise NotFoundError(_("There is no such setting."))
    return _custom_value(row.key, row.value)


def user_settings(*, user: "User") -> list[UserValue]:
    """By key."""
    return [UserValue(user.pk, key, value) for key, value in _of(user).items()]


def user_setting_get(*, user: "User", key: str) -> UserValue:
    """Raises NotFoundError."""
    own = _of(user)
    if key not in own:
        raise NotFoundError(_("There is no such setting."))
    return UserValue(user.pk, key, own[key])


def _among(rows: dict[str, Any], setting: Setting[T]) -> tuple[T, Source]:
    if setting.key in rows:
        return rows[setting.key], Source.DATABASE
    return setting.default, Source.DEFAULT


def _of(user: "User") -> dict[str, Json]:
    rows = UserSetting.objects.filter(user=user).order_by("key")
    return USER_SETTINGS.get_or_set(user.pk.hex, lambda: dict(rows.values_list("key", "value")))


def _declared_value(setting: Setting[Any]) -> ServerValue:
    return ServerValue(
        key=setting.key,
        value=MASK if setting.is_secret else value_of(setting),
        data_type=setting.data_type,
        description=str(setting.help or setting.label),
        category=setting.category.value,
        is_secret=setting.is_secret,
        is_public=setting.is_public,
    )


def _custom_value(key: str, value: Json) -> ServerValue:
    return ServerValue(key=key, value=value, data_type=DataType.JSON, category="custom")


def _read() -> dict[str, Any]:
    rows = ServerSetting.objects.filter(key__in=DECLARED).values_list("key", "value")
    found: dict[str, Any] = {}
    for key, value in rows:
        try:
            found[key] = DECLARED[key].checked(value)
        except InvalidInputError:  # it was stored by a version with other bounds
            logger.warning("the stored value of %s is not valid any more: the default counts", key)
    return found
