"""Sessions of browsers. Django's session holds the id of the device session, and counts only as
long as that lives.

Whoever calls `django.contrib.auth.login` or `logout` begins or ends one: Django tells (see
`apps.py`), so that no way of signing in can leave it out.
"""

import uuid
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.authn import sessions, tokens
from apps.authn.sessions import Device, EndReason, LiveSession
from apps.core.context import current_origin
from apps.siteconfig.declared import SESSION_DAYS
from apps.users import selectors as users
from apps.users.models import User

_DEVICE_SESSION: Final = "device_session"


def live_session(request: HttpRequest) -> LiveSession | None:
    """The session that the request's cookie names, if it lives; looked up once a request."""
    try:
        found: LiveSession | None = request.live_session  # type: ignore[attr-defined]
    except AttributeError:
        found = request.live_session = _check(request)  # type: ignore[attr-defined]
    return found


def user_of(request: HttpRequest) -> User | AnonymousUser:
    session = live_session(request)
    return session.user if session else AnonymousUser()


def begin(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Django has signed in `user`: the signal `user_logged_in`."""
    _end(request)
    origin = current_origin.get()
    device = Device(ip_address=origin.address, user_agent=origin.agent)
    session_id = sessions.web_session_start(user=user, device=device)
    request.session[_DEVICE_SESSION] = str(session_id)
    request.session.set_expiry(timedelta(days=SESSION_DAYS.get()))
    request.live_session = LiveSession(session_id, user)  # type: ignore[attr-defined]


def end(*, request: HttpRequest, **_: Any) -> None:
    """Django signs out: the signal `user_logged_out`."""
    _end(request)
    request.live_session = None  # type: ignore[attr-defined]


def _end(request: HttpRequest) -> None:
    if claims := _claims(request):
        sessions.session_end(session_id=claims.session_id, reason=EndReason.SIGNED_OUT)


def _check(request: HttpRequest) -> LiveSession | None:
    if SESSION_KEY not in request.session:
        return None
    claims = _claims(request)
    session = claims and sessions.session_check(claims)
    if session:
        # Django binds it to the password, whose change ends it even if nobody ends sessions.
        bound_to = request.session.get(HASH_SESSION_KEY, "")
        present = users.user_auth_hash(user_id=session.user.pk)
        if present and constant_time_compare(bound_to, present):
            return session
    request.session.flush()
    return None


def _claims(request: HttpRequest) -> tokens.AccessClaims | None:
    """What the cookie's session claims, true or not."""
    kept = request.session
    try:
        return tokens.AccessClaims(uuid.UUID(kept[SESSION_KEY]), uuid.UUID(kept[_DEVICE_SESSION]))
    except (KeyError, ValueError):
        return None
