"""Sessions of signed-in clients: their beginning, their use and their end."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import tokens
from apps.authn.models import DeviceSession, SessionKind
from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.context import current_origin
from apps.core.db.transactions import transaction
from apps.core.errors import NotFoundError, SignInError
from apps.core.ids import new_id
from apps.core.metrics import AUTH_ATTEMPTS, OUTCOMES
from apps.siteconfig.declared import SESSION_DAYS, SESSIONS_PER_USER
from apps.users import selectors as users
from apps.users.models import User

logger = logging.getLogger(__name__)

ROTATION_GRACE = timedelta(seconds=60)
ACTIVITY_STEP = timedelta(minutes=1)
_MOST_ROTATIONS: Final = 4000
"""A month of access tokens is less; following them takes some 20 ms."""


class EndReason(StrEnum):
    SIGNED_OUT = "signed out"
    ENDED = "ended by hand"
    PASSWORD = "password changed"  # noqa: S105
    LIMIT = "too many sessions"
    REUSE = "old refresh token used"


_ACTIONS = {EndReason.SIGNED_OUT: Action.LOGOUT, EndReason.REUSE: Action.SESSION_REUSE}


@dataclass(frozen=True, slots=True)
class Lease:
    """What is kept of a live session."""

    user_id: uuid.UUID
    expires_at: datetime


_LEASES: Cache[Lease | None] = Cache("authn", "session", ttl=Ttl.SESSION, local_size=500)
"""Of live sessions, by the hexadecimal id; None for what is no live session."""


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
    """The session of an API client. Beyond the limit of sessions a user the oldest one ends."""
    refresh = tokens.refresh_token_new(new_id())
    session = DeviceSession(
        id=refresh.session_id, kind=SessionKind.API, refresh_hash=refresh.secret_hash
    )
    _start(session, user, device)
    return _pair(session, refresh)


def web_session_start(*, user: User, device: Device) -> uuid.UUID:
    """The session of a browser, whose cookie has to name it. The limit holds as above."""
    session = DeviceSession(kind=SessionKind.WEB)
    _start(session, user, device)
    return session.pk


@transaction()
def _start(session: DeviceSession, user: User, device: Device) -> None:
    _make_room(user)
    session.user = user
    session.device_name, session.user_agent = device.name[:100], device.user_agent[:400]
    session.ip_address = device.ip_address
    session.expires_at = _expiry()
    session.save(force_insert=True)


def _make_room(user: User) -> None:
    """The account stays locked, so that of two sign-ins at once one counts the other's session."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
    too_old = _live(user).order_by("-created_at", "-pk")[SESSIONS_PER_USER.get() - 1 :]
    _end(_these(too_old.values_list("pk", flat=True)), reason=EndReason.LIMIT, actor=user)


def session_check(claims: tokens.AccessClaims) -> LiveSession | None:
    """The session of an access token or a cookie, unless it has ended or its user was disabled.

    Every request asks this; the database is asked twice a minute and session. It learns then
    that the session is in use, once a minute.
    """
    user = users.user_get(user_id=claims.user_id)
    if user is None or not user.is_active:
        return None
    lease = _LEASES.get_or_set(claims.session_id.hex, lambda: _session_touch(claims.session_id))
    if lease is None or lease.user_id != user.pk or lease.expires_at <= timezone.now():
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
        .filter(pk=token.session_id, kind=SessionKind.API, ended_at=None, expires_at__gt=now)
        .filter(user__is_active=True)
        .first()
    )
    if session is None:
        return None
    if token.secret_hash == session.refresh_hash:
        session.previous_hash, session.rotated_at = session.refresh_hash, now
        session.refresh_hash = token.successor().secret_hash
        session.expires_at = _expiry()
        session.last_active_at = now
        session.save()
        _LEASES.drop_on_commit(session.pk.hex)
    elif token.secret_hash != session.previous_hash or now > _grace_end(session):
        if not _was_ever(token, session):
            return None
        logger.warning("session %s ends: an old refresh token was used", session.pk)
        _end(_these([session.pk]), reason=EndReason.REUSE, actor=session.user)
        return None
    return _pair(session, token.successor())


def _was_ever(token: tokens.RefreshToken, session: DeviceSession) -> bool:
    """Whether the session's token was made from this one. One that somebody made up, who knows no
    more than the session's id, ends nothing."""
    for _number in range(_MOST_ROTATIONS):
        token = token.successor()
        if token.secret_hash == session.refresh_hash:
            return True
    return False


def _grace_end(session: DeviceSession) -> datetime:
    return (session.rotated_at or session.created_at) + ROTATION_GRACE


def session_list(*, user: User) -> QuerySet[DeviceSession]:
    """The live sessions of a user, the last used first."""
    return _live(user).order_by("-last_active_at", "-pk")


def session_get(*, user: User, session_id: uuid.UUID) -> DeviceSession:
    """Raises NotFoundError unless it is a live session of the user's."""
    session = _live(user).filter(pk=session_id).first()
    if session is None:
        raise NotFoundError(_("There is no such session."))
    return session


def session_end(
    *, session_id: uuid.UUID, reason: EndReason = EndReason.ENDED, actor: User | None = None
) -> None:
    """End a live session; `actor` is who does it, if not its user."""
    _end(_these([session_id]), reason=reason, actor=actor)


def sessions_end_all(
    *, user: User, reason: EndReason = EndReason.ENDED, actor: User | None = None
) -> None:
    _end(user.device_sessions.all(), reason=reason, actor=actor)


def sessions_end_others(
    *,
    user: User,
    keep: uuid.UUID | None,
    reason: EndReason = EndReason.ENDED,
    actor: User | None = None,
) -> None:
    """End all sessions of a user but one."""
    others = user.device_sessions.exclude(pk=keep) if keep else user.device_sessions.all()
    _end(others, reason=reason, actor=actor)


def session_end_by_token(*, user: User, refresh_token: str) -> None:
    """End the session of a token of the user's, the present one or the one before it."""
    token = tokens.refresh_token_read(refresh_token)
    if token is None:
        return
    own = Q(refresh_hash=token.secret_hash) | Q(previous_hash=token.secret_hash)
    session = user.device_sessions.filter(own, pk=token.session_id)
    _end(session, reason=EndReason.SIGNED_OUT, actor=user)


@transaction()
def _end(sessions: QuerySet[DeviceSession], *, reason: EndReason, actor: User | None) -> None:
    """It holds at once, in every process."""
    live = sessions.filter(ended_at=None).select_related("user").order_by("pk")
    ended = list(live.select_for_update(of=("self",)))
    _these([session.pk for session in ended]).update(ended_at=timezone.now())
    for session in ended:
        _LEASES.drop_on_commit(session.pk.hex)
        activity.record(
            _ACTIONS.get(reason, Action.SESSION_END),
            actor=actor or session.user,
            resource_type="session",
            resource_id=session.pk,
            metadata={
                "reason": reason,
                "user": session.user.username,
                "device": session.device_name or session.user_agent,
                "address": session.ip_address,
            },
            success=reason is not EndReason.REUSE,
        )


def _live(user: User) -> QuerySet[DeviceSession]:
    return user.device_sessions.filter(ended_at=None, expires_at__gt=timezone.now())


def _these(ids: Iterable[uuid.UUID]) -> QuerySet[DeviceSession]:
    return DeviceSession.objects.filter(pk__in=list(ids))


def _session_touch(session_id: uuid.UUID) -> Lease | None:
    """What to keep of the session, None if it is not live. Notes that it is in use."""
    now = timezone.now()
    session = DeviceSession.objects.filter(pk=session_id, ended_at=None)
    found = session.values_list("user_id", "expires_at", "last_active_at").first()
    if found is None:
        return None
    user_id, expires_at, last_active_at = found
    if last_active_at <= now - ACTIVITY_STEP:
        address = current_origin.get().address
        used = {"last_active_at": now, **({"ip_address": address} if address else {})}
        session.filter(last_active_at=last_active_at).update(**used)
    return Lease(user_id, expires_at)


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=SESSION_DAYS.get())


def _pair(session: DeviceSession, refresh_token: tokens.RefreshToken) -> TokenPair:
    claims = tokens.AccessClaims(user_id=session.user_id, session_id=session.pk)
    return TokenPair(
        access_token=tokens.access_token_issue(claims),
        refresh_token=str(refresh_token),
        expires_in=settings.ACCESS_TOKEN_MINUTES * 60,
    )
