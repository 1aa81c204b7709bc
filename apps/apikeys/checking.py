"""Who calls with a key, and what the key lets its user do."""

import ipaddress
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.apikeys import format as key_format
from apps.apikeys.models import ApiKey, Scope
from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.policy import Access
from apps.users import selectors as users
from apps.users.models import User

_USE_STEP: Final = timedelta(minutes=1)
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN: Final = frozenset({Access.PUBLIC, Access.SIGNED, Access.WEBHOOK})

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is kept of a key."""

    id: uuid.UUID
    user_id: uuid.UUID
    key_hash: str
    scopes: frozenset[Scope]
    networks: tuple[_Network, ...]
    """Where it may be used from; nowhere in particular when empty."""
    expires_at: datetime | None

    def is_for(self, key: str, address: str | None) -> bool:
        if not constant_time_compare(key_format.hash_of(key), self.key_hash):
            return False
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return False
        return not self.networks or (address is not None and self._reaches(address))

    def _reaches(self, address: str) -> bool:
        caller = ipaddress.ip_address(address)
        mapped = getattr(caller, "ipv4_mapped", None)  # ::ffff:192.0.2.1
        return any((mapped or caller) in network for network in self.networks)


KEYS: Cache[KeyFacts | None] = Cache("apikeys", "key", ttl=Ttl.API_KEY, local_size=500)
"""By prefix; None for what is none. Making and revoking a key drop it."""

_NOTED: Cache[bool] = Cache("apikeys", "use", ttl=_USE_STEP.total_seconds(), local_size=500)
"""By hexadecimal id: the last use has been written a short while ago."""


@dataclass(frozen=True)
class LiveKey:
    """The key of a request: a `policy.Credential`."""

    id: uuid.UUID
    user: User
    scopes: frozenset[Scope]

    def permits(self, access: Access, method: str) -> bool:
        if access in _OPEN:
            return True
        if access is Access.SESSION:
            return False
        if access is Access.ADMIN:
            return Scope.ADMIN in self.scopes
        return (Scope.READ if method in _READING else Scope.WRITE) in self.scopes


def key_check(*, key: str, address: str | None) -> LiveKey | None:
    """The key of an API request, unless it is unknown, revoked or expired, called from elsewhere,
    or its user was disabled.

    The database is asked twice a minute and key, and told of the use once a minute.
    """
    if not key_format.is_key(key):
        return None
    prefix = key_format.prefix_of(key)
    facts = KEYS.get_or_set(prefix, lambda: _read(prefix))
    if facts is None or not facts.is_for(key, address):
        return None
    user = users.user_get(user_id=facts.user_id)
    if user is None or not user.is_active:
        return None
    _NOTED.get_or_set(facts.id.hex, lambda: _note_use(facts.id, address))
    return LiveKey(facts.id, user, facts.scopes)


def key_recheck(*, key_id: uuid.UUID) -> LiveKey | None:
    """The key of a request that goes on, unless it was revoked or expired, or its user disabled.

    Its networks were asked when the request came.
    """
    row = ApiKey.objects.filter(pk=key_id).first()
    if row is None or not row.is_active:
        return None
    user = users.user_get(user_id=row.user_id)
    if user is None or not user.is_active:
        return None
    return LiveKey(row.pk, user, frozenset(Scope(scope) for scope in row.scopes))


def _read(prefix: str) -> KeyFacts | None:
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        return None
    return KeyFacts(
        id=key.pk,
        user_id=key.user_id,
        key_hash=key.key_hash,
        scopes=frozenset(Scope(scope) for scope in key.scopes),
        networks=tuple(ipaddress.ip_network(each) for each in key.address_ranges),
        expires_at=key.expires_at,
    )


def _note_use(key_id: uuid.UUID, address: str | None) -> bool:
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_STEP)
    ApiKey.objects.filter(long_ago, pk=key_id).update(last_used_at=now, last_used_ip=address)
    return True
