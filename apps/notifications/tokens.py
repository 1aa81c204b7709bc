"""One-time tokens for clients that can send no header: they stand in the address, once."""

import hashlib
import json
import secrets
import uuid
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from apps.apikeys import checking as keys
from apps.apikeys.checking import LiveKey
from apps.authn import sessions
from apps.authn.tokens import AccessClaims
from apps.core.errors import UnavailableError
from apps.core.valkey.clients import AWAY, client
from apps.notifications.callers import Caller

SECONDS: Final = 60
_PREFIX: Final = f"{settings.KEY_PREFIX}:events-token:"


def token_issue(caller: Caller) -> str:
    """It stands for the caller's session or key. Raises UnavailableError."""
    token = secrets.token_urlsafe(32)
    of = "key" if isinstance(caller, LiveKey) else "session"
    facts = {"of": of, "id": caller.id.hex, "user": caller.user.pk.hex}
    try:
        client().set(_key(token), json.dumps(facts), ex=SECONDS)
    except AWAY:
        raise UnavailableError(_("Events are not available at the moment.")) from None
    return token


def token_redeem(token: str) -> Caller | None:
    """Who it stands for; None for one that is unknown, used or too old, and when what it stands
    for has ended."""
    try:
        found = client().getdel(_key(token))
    except AWAY:
        return None
    if found is None:
        return None
    facts = json.loads(found)
    if facts["of"] == "key":
        return keys.key_recheck(key_id=uuid.UUID(facts["id"]))
    claims = AccessClaims(uuid.UUID(facts["user"]), uuid.UUID(facts["id"]))
    return sessions.session_check(claims)


def _key(token: str) -> str:
    return _PREFIX + hashlib.sha256(token.encode()).hexdigest()
