"""Values of server settings: environment before database before default."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError
from apps.siteconfig.declaring import Setting, Source, T
from apps.siteconfig.models import ServerSetting

if TYPE_CHECKING:
    from apps.users.models import User

_ALL = "all"
_STORED: Cache[dict[str, Any]] = Cache(
    "siteconfig", "server", ttl=Ttl.SERVER_SETTINGS, local_size=1
)


def value_of(setting: Setting[T]) -> T:
    return effective(setting)[0]


def effective(setting: Setting[T]) -> tuple[T, Source]:
    """The value that counts, and where it comes from."""
    given = setting.from_environment()
    if given is not None:
        return given, Source.ENVIRONMENT
    stored = _STORED.get_or_set(_ALL, _read)
    if setting.key in stored:
        return stored[setting.key], Source.DATABASE
    return setting.default, Source.DEFAULT


@transaction()
def server_setting_update(*, setting: Setting[T], value: object, actor: "User") -> None:
    """Store a value of a declared setting.

    Raises InvalidInputError for one that it may not have, ConflictError where the environment has
    the say.
    """
    old, source = effective(setting)
    if source is Source.ENVIRONMENT:
        raise ConflictError(
            _("%(variable)s is set in the environment.") % {"variable": setting.variable}
        )
    new = setting.checked(value)
    row, _made = ServerSetting.objects.update_or_create(key=setting.key, defaults={"value": new})
    name = "secret" if setting.is_secret else setting.key
    activity.record(
        Action.SETTING_UPDATE,
        actor=actor,
        resource=row,
        changes={name: (old, new)},
        metadata={"key": setting.key},
    )
    _STORED.drop_on_commit(_ALL)


def _read() -> dict[str, Any]:
    return dict(ServerSetting.objects.values_list("key", "value"))
