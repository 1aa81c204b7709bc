"""Guessing passwords takes ever longer, for an account and for an address; never for ever.

A device of the owner's is counted by itself, so that nobody can lock the owner out: OWASP's "device
cookies", https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies. A
browser is known by a signed cookie, any client by an address that the account has a session from.
"""

import hashlib
import math
import uuid
from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.db.models.functions import Now

from apps.authn.models import DeviceSession
from apps.core.address import caller
from apps.core.context import current_origin
from apps.core.ratelimit.backoff import Backoff, Rule
from apps.users.models import User

_ACCOUNTS: Final = Backoff("account", Rule(free=5))
_DEVICES: Final = Backoff("device", Rule(free=5))
_ADDRESSES: Final = Backoff("address", Rule(free=20))

_SALT: Final = "apps.authn.device"
DEVICE_SECONDS: Final = 365 * 24 * 3600
_ACCOUNTS_OF_A_BROWSER: Final = 5


@dataclass(frozen=True)
class Attempt:
    """One attempt to guess a password, and all that count it."""

    counters: tuple[tuple[Backoff, str], ...]
    subject: str
    """Whose password; says nothing of who that is."""

    def wait(self, *, is_begun: bool = False) -> int:
        """Whole seconds until it may be made, 0 if now; see `Backoff.wait`."""
        waits = (counter.wait(who, is_begun=is_begun) for counter, who in self.counters)
        return math.ceil(max(waits))

    def failed(self) -> None:
        for counter, who in self.counters:
            counter.failed(who)

    def succeeded(self) -> None:
        """The account's failures are forgotten; the address's stay, or whoever has an account
        could guess at others for ever."""
        for counter, who in self.counters:
            if counter is _ADDRESSES:
                counter.succeeded(who)
            else:
                counter.forget(who)


def attempt(*, username: str, user: User | None, device: str = "") -> Attempt:
    """On the account behind a name; one that nobody has is counted as any other. `device` is the
    cookie of the browser."""
    subject = _subject(user.pk.hex if user else username.casefold())
    address = current_origin.get().address
    known = _known_by_cookie(user, device) or _known_by_address(user, address)
    if known:
        return Attempt(((_DEVICES, f"{subject}:{known}"),), subject)
    return Attempt(((_ACCOUNTS, subject), (_ADDRESSES, caller(address))), subject)


def forget(user: User) -> None:
    """Begin anew: the user has shown in another way who it is."""
    _ACCOUNTS.forget(_subject(user.pk.hex))


def device_remember(device: str, user: User) -> str:
    """The browser's cookie, once the user has signed in with it."""
    name, users = _read(device)
    known = [user.pk.hex, *(each for each in users if each != user.pk.hex)]
    return signing.dumps([name, known[:_ACCOUNTS_OF_A_BROWSER]], salt=_SALT)


def _subject(name: str) -> str:
    """What was tried may be a password that went into the wrong field."""
    return hashlib.sha256(name.encode()).hexdigest()


def _known_by_cookie(user: User | None, device: str) -> str:
    name, users = _read(device)
    return name if user and user.pk.hex in users else ""


def _known_by_address(user: User | None, address: str | None) -> str:
    """An account that is not there is looked for too, for the time it takes."""
    of_user = DeviceSession.objects.filter(user_id=user.pk if user else uuid.uuid4())
    if address and of_user.filter(ip_address=address, expires_at__gt=Now()).exists():
        return address
    return ""


def _read(device: str) -> tuple[str, list[str]]:
    """A name for the browser, and whose device it is."""
    try:
        name, users = signing.loads(device, salt=_SALT, max_age=DEVICE_SECONDS)
    except (signing.BadSignature, ValueError):
        return uuid.uuid4().hex, []
    return name, users
