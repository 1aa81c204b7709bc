"""Making and revoking keys."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.apikeys import checking
from apps.apikeys import format as key_format
from apps.apikeys.models import ApiKey, Scope
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError
from apps.users.models import User

MAX_ACTIVE: Final = 10
MAX_RANGES: Final = 20
_EXPIRED_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class MadeKey:
    row: ApiKey
    key: str
    """It is known here and now only."""


@transaction()
def key_create(
    *,
    user: User,
    name: str,
    scopes: Sequence[Scope],
    description: str = "",
    address_ranges: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> MadeKey:
    """A key of the user's, for at most MAX_ACTIVE at once.

    `address_ranges` are addresses or networks in CIDR form. Raises InvalidInputError with the
    fields' messages.
    """
    networks = _networks(address_ranges)
    if not scopes:
        raise _invalid("scopes", _("Choose at least one."))
    if expires_at is not None and expires_at <= timezone.now():
        raise _invalid("expires_at", _("This time has passed."))
    _make_room(user)
    key = key_format.key_new()
    row = ApiKey.objects.create(
        user=user,
        name=name,
        description=description,
        prefix=key_format.prefix_of(key),
        key_hash=key_format.hash_of(key),
        scopes=[scope for scope in Scope if scope in scopes],
        address_ranges=networks,
        expires_at=expires_at,
    )
    checking.KEYS.drop_on_commit(row.prefix)
    _record(Action.API_KEY_CREATE, row, actor=user)
    return MadeKey(row, key)


@transaction()
def key_revoke(*, key: ApiKey, actor: User) -> None:
    """It works no more, at once and in every process."""
    deleted, _by_model = ApiKey.objects.filter(pk=key.pk).delete()
    if deleted:
        checking.KEYS.drop_on_commit(key.prefix)
        _record(Action.API_KEY_REVOKE, key, actor=actor)


def _make_room(user: User) -> None:
    """The account stays locked, so that of two requests at once one counts the other's key."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
    now = timezone.now()
    user.api_keys.filter(expires_at__lt=now - _EXPIRED_KEPT).delete()
    active = user.api_keys.filter(Q(expires_at=None) | Q(expires_at__gt=now)).count()
    if active >= MAX_ACTIVE:
        reason = _("You have %(most)d active keys already: revoke one first.")
        raise InvalidInputError(reason % {"most": MAX_ACTIVE})


def _networks(address_ranges: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(address_ranges))
    if len(wanted) > MAX_RANGES:
        most = _("At most %(most)d ranges.") % {"most": MAX_RANGES}
        raise _invalid("address_ranges", most)
    return list(dict.fromkeys(_network(each) for each in wanted))


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        reason = _("“%(text)s” is no address and no network such as 192.0.2.0/24.")
        raise _invalid("address_ranges", reason % {"text": text[:50]}) from None


def _invalid(field: str, reason: str) -> InvalidInputError:
    return InvalidInputError(_("The key is not valid."), {field: [reason]})


def _record(action: Action, key: ApiKey, *, actor: User) -> None:
    metadata = {
        "name": key.name,
        "prefix": key.prefix,
        "user": key.user.username,
        "scopes": key.scopes,
        "address_ranges": key.address_ranges,
        "expires_at": key.expires_at,
    }
    activity.record(
        action, actor=actor, resource_type="apikey", resource_id=key.pk, metadata=metadata
    )
