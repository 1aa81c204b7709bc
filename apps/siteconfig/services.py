"""Writes of settings."""

from typing import TYPE_CHECKING, Final

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.rows import get_or_not_found
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError
from apps.siteconfig import selectors, values
from apps.siteconfig.declaring import DECLARED, Setting, Source, T
from apps.siteconfig.models import ServerSetting, UserSetting
from apps.siteconfig.selectors import STORED, USER_SETTINGS, UserValue

if TYPE_CHECKING:
    from apps.users.models import User

MOST_CUSTOM: Final = 200
MOST_OF_A_USER: Final = 200
_LOCK: Final = 0x73657474  # "sett": the key of the advisory lock below


@transaction()
def server_setting_update(
    *, setting: Setting[T], value: object, actor: "User", shown: T | None = None
) -> None:
    """Store a value of a declared setting. With `shown` only if that is still the present one.

    Raises InvalidInputError for a value that it may not have, ConflictError where the environment
    has the say or somebody else has changed it.
    """
    new = setting.checked(value)
    old, source = _present(setting, shown)
    if source is Source.DATABASE and old == new:
        return
    row, _made = ServerSetting.objects.update_or_create(key=setting.key, defaults={"value": new})
    _record(row, old, new, actor=actor, is_secret=setting.is_secret)
    STORED.drop_on_commit(selectors.ALL)


@transaction()
def server_setting_reset(*, setting: Setting[T], actor: "User", shown: T | None = None) -> None:
    """Have the default count again. Raises ConflictError as `server_setting_update` does."""
    old, source = _present(setting, shown)
    if source is Source.DATABASE:
        row = ServerSetting.objects.get(key=setting.key)
        _record(row, old, setting.default, actor=actor, is_secret=setting.is_secret)
        row.delete()
        STORED.drop_on_commit(selectors.ALL)


def server_setting_put(*, key: str, value: object, actor: "User") -> None:
    """Store a value under a key that a client names: of a declared setting, else as `custom.*`.

    Raises InvalidInputError for a key or a value that cannot be, ConflictError where the
    environment has the say or there are MOST_CUSTOM of them.
    """
    if key in DECLARED:
        server_setting_update(setting=DECLARED[key], value=value, actor=actor)
    else:
        _custom_put(selectors.custom_key(key), value, actor)


@transaction()
def custom_setting_delete(*, key: str, actor: "User") -> None:
    """Raises NotFoundError."""
    _lock()
    added = ServerSetting.objects.filter(key__startswith=selectors.CUSTOM)
    row = get_or_not_found(added, _("There is no such setting."), key=key)
    _record(row, row.value, None, actor=actor)
    row.delete()


@transaction()
def user_setting_put(*, user: "User", key: str, value: object) -> UserValue:
    """Store a value for a user.

    Raises InvalidInputError for a key or a value that cannot be, ConflictError when the user has
    MOST_OF_A_USER others.
    """
    key, new = values.checked_key(key), values.checked(value)
    # Two that each store the last one wait for each other.
    get_user_model()._default_manager.select_for_update(no_key=True).get(pk=user.pk)  # noqa: SLF001  (public API)
    own = UserSetting.objects.filter(user=user)
    if own.exclude(key=key).count() >= MOST_OF_A_USER:
        raise ConflictError(_("There are %(most)d settings already.") % {"most": MOST_OF_A_USER})
    UserSetting.objects.update_or_create(user=user, key=key, defaults={"value": new})
    USER_SETTINGS.drop_on_commit(user.pk.hex)
    return UserValue(user.pk, key, new)


@transaction()
def user_setting_delete(*, user: "User", key: str) -> None:
    """Raises NotFoundError."""
    selectors.user_setting_get(user=user, key=key)
    UserSetting.objects.filter(user=user, key=key).delete()
    USER_SETTINGS.drop_on_commit(user.pk.hex)


@transaction()
def _custom_put(key: str, value: object, actor: "User") -> None:
    key, new = values.checked_key(key), values.checked(value)
    _lock()
    others = ServerSetting.objects.filter(key__startswith=selectors.CUSTOM).exclude(key=key)
    if others.count() >= MOST_CUSTOM:
        raise ConflictError(_("There are %(most)d settings already.") % {"most": MOST_CUSTOM})
    old = ServerSetting.objects.filter(key=key).values_list("value", flat=True).first()
    row, _made = ServerSetting.objects.update_or_create(key=key, defaults={"value": new})
    _record(row, old, new, actor=actor)


def _present(setting: Setting[T], shown: T | None) -> tuple[T, Source]:
    """The value that counts and its source, which stay so until the transaction ends."""
    _lock()
    if setting.from_environment() is not None:
        raise ConflictError(
            _("%(variable)s is set in the environment.") % {"variable": setting.variable}
        )
    value, source = selectors.stored(setting)
    if shown is not None and value != shown:
        raise ConflictError(
            _("Somebody has changed it meanwhile: it is %(value)s now.")
            % {"value": selectors.MASK if setting.is_secret else value}
        )
    return value, source


def _lock() -> None:
    """One at a time writes server settings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _record(
    row: ServerSetting,
    old: object,
    new: object,
    *,
    actor: "User",
    is_secret: bool = False,
) -> None:
    name = "secret" if is_secret else row.key
    activity.record(
        Action.SETTING_UPDATE,
        actor=actor,
        resource=row,
        changes={name: (old, new)},
        metadata={"setting": row.key} if is_secret else None,
    )
