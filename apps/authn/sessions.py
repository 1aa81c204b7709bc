"""The sessions of API clients."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.authn import tokens
from apps.authn.models import DeviceSession
from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.db.transactions import transaction
from apps.core.errors import SignInError
from apps.core.ids import new_id
from apps.core.metrics import AUTH_ATTEMPTS, OUTCOMES
from apps.siteconfig.declared import SESSION_DAYS
from apps.users import selectors as users
from apps.users.models import User

logger = logging.getLogger(__name__)

ROTATION_GRACE = timedelta(seconds=60)
ACTIVITY_STEP = timedelta(minutes=1)

_EXPIRIES: Cache[datetime | None] = Cache("authn", "session", ttl=Ttl.SESSION, local_size=500)
"""When live sessions expire, by the hexadecimal id; None for what is no live session."""


@dataclass(frozen=True)
class Device:
    """What a client says of itself, and where it calls from."""

    name: str = ""
    ip_address: str | None = None
    user_agent: str = ""


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds until the access token expires."""


@dataclass(frozen=True)
class LiveSession:
    """A session that was live when the request came."""

    id: uuid.UUID
    user: User


def session_start(*, user: User, device: Device) -> TokenPair:
    session_id = new_id()
    refresh = tokens.refresh_token_new(session_id)
    session = DeviceSession.objects.create(
        id=session_id,
        user=user,
        device_name=device.name[:100],
        ip_address=device.ip_address,
        user_agent=device.user_agent[:400],
        refresh_hash=refresh.secret_hash,
        expires_at=_expiry(),
    )
    return _pair(session, refresh)


def session_check(claims: tokens.AccessClaims) -> LiveSession | None:
    """The session of an access token, unless it has ended or its user was disabled.

    Every API request asks this; the database is asked twice a minute and session. It learns then
    that the session is in use, once a minute.
    """
    user = users.user_get(user_id=claims.user_id)
    if user is None or not user.is_active:
        return None
    expires_at = _EXPIRIES.get_or_set(claims.session_id.hex, lambda: _session_touch(claims))
    if expires_at is None or expires_at <= timezone.now():
        return None
    return LiveSession(claims.session_id, user)


def session_refresh(*, refresh_token: str) -> TokenPair:
    """Rotate a refresh token. The old one works for ROTATION_GRACE more; after that its use ends
    the session, because somebody else may have it.

    Raises SignInError for a token that is unknown, expired or used again.
    """
    token = tokens.refresh_token_read(refresh_token)
    pair = token and _rotate(token)
    AUTH_ATTEMPTS.labels("refresh", OUTCOMES[bool(pair)]).inc()
    if not pair:
        raise SignInError(_("The refresh token is not valid any more. Sign in again."))
    return pair


@transaction()
def _rotate(token: tokens.RefreshToken) -> TokenPair | None:
    now = timezone.now()
    session = (
        DeviceSession.objects.select_for_update(of=("self",))
        .filter(pk=token.session_id, ended_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if session is None:
        return None
    if token.secret_hash == session.refresh_hash:
        session.previous_hash, session.rotated_at = session.refresh_hash, now
        session.refresh_hash = token.successor().secret_hash
        session.expires_at, session.last_active_at = _expiry(), now
        session.save()
        _EXPIRIES.drop_on_commit(session.pk.hex)
    elif token.secret_hash != session.previous_hash or now > _grace_end(session):
        logger.warning("session %s ends: an old refresh token was used", session.pk)
        session_end(session_id=session.pk)
        return None
    return _pair(session, token.successor())


def _grace_end(session: DeviceSession) -> datetime:
    return (session.rotated_at or session.created_at) + ROTATION_GRACE


def session_end(*, session_id: uuid.UUID) -> None:
    _end(DeviceSession.objects.filter(pk=session_id))


def sessions_end_all(*, user: User) -> None:
    _end(user.device_sessions.all())


def sessions_end_others(*, user: User, keep: uuid.UUID | None) -> None:
    """All of the user's but one."""
    _end(user.device_sessions.exclude(pk__in=[keep] if keep else []))


def session_end_by_token(*, user: User, refresh_token: str) -> None:
    """End the session of a token of the user's, the present one or the one before it."""
    token = tokens.refresh_token_read(refresh_token)
    if token is None:
        return
    own = Q(refresh_hash=token.secret_hash) | Q(previous_hash=token.secret_hash)
    _end(user.device_sessions.filter(own, pk=token.session_id))


@transaction()
def _end(sessions: QuerySet[DeviceSession]) -> None:
    """It holds at once, in every process."""
    live = sessions.filter(ended_at=None).select_for_update()
    ids = list(live.values_list("pk", flat=True))
    DeviceSession.objects.filter(pk__in=ids).update(ended_at=timezone.now())
    _EXPIRIES.drop_on_commit(*(pk.hex for pk in ids))


def _session_touch(claims: tokens.AccessClaims) -> datetime | None:
    """When the session expires, None if it is not live. Notes that it is in use."""
    now = timezone.now()
    session = DeviceSession.objects.filter(
        pk=claims.session_id, user_id=claims.user_id, ended_at=None
    )
    found = session.values_list("expires_at", "last_active_at").first()
    if found is None:
        return None
    expires_at, last_active_at = found
    if last_active_at <= now - ACTIVITY_STEP:
        session.filter(last_active_at=last_active_at).update(last_active_at=now)
    return expires_at


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=SESSION_DAYS.get())


def _pair(session: DeviceSession, refresh_token: tokens.RefreshToken) -> TokenPair:
    claims = tokens.AccessClaims(user_id=session.user_id, session_id=session.pk)
    return TokenPair(
        access_token=tokens.access_token_issue(claims),
        refresh_token=str(refresh_token),
        expires_in=settings.ACCESS_TOKEN_MINUTES * 60,
    )
