"""Access tokens (JWT, RFC 7519, HS256) and opaque refresh tokens."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

_ALGORITHM = "HS256"
_ISSUER = "revenge"
_CLOCK_SKEW = timedelta(seconds=10)
"""By which the clocks of two machines that serve one site may differ."""


@dataclass(frozen=True)
class AccessClaims:
    user_id: uuid.UUID
    session_id: uuid.UUID


def access_token_issue(claims: AccessClaims) -> str:
    now = timezone.now()
    payload = {
        "iss": _ISSUER,
        "sub": str(claims.user_id),
        "sid": str(claims.session_id),
        "iat": now,
        "exp": now + timedelta(minutes=settings.ACCESS_TOKEN_MINUTES),
    }
    return jwt.encode(payload, _key(), algorithm=_ALGORITHM)


def access_token_read(token: str) -> AccessClaims | None:
    """The claims of a valid token; None for any other."""
    try:
        accepted = _accept(token, _key())
    except (jwt.InvalidTokenError, ValueError, OverflowError):
        return None
    return accepted.claims if timezone.now() < accepted.until else None


@dataclass(frozen=True, slots=True)
class _Accepted:
    claims: AccessClaims
    until: datetime


@lru_cache(maxsize=1024)
def _accept(token: str, key: bytes) -> _Accepted:
    """A token that was valid stays so until it expires: it is checked once. What is refused is
    not kept. Raises InvalidTokenError, ValueError and OverflowError."""
    payload = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        leeway=_CLOCK_SKEW,
        options={"require": ["exp", "sub", "sid"]},
    )
    claims = AccessClaims(uuid.UUID(payload["sub"]), uuid.UUID(str(payload["sid"])))
    until = datetime.fromtimestamp(int(payload["exp"]), UTC) + _CLOCK_SKEW
    return _Accepted(claims, until)


@dataclass(frozen=True)
class RefreshToken:
    """Names its session, so that an old one betrays itself; the secret is stored as a hash."""

    session_id: uuid.UUID
    secret: str

    def __str__(self) -> str:
        return f"{self.session_id.hex}.{self.secret}"

    @property
    def secret_hash(self) -> str:
        """SHA-256: a secret of 32 random bytes needs no slow hash."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def successor(self) -> "RefreshToken":
        """The token that replaces this one: always the same, so that a client that asks twice,
        because an answer was lost or a second window asked too, gets one token."""
        digest = salted_hmac("apps.authn.refresh-token", self.secret, algorithm="sha256").digest()
        return RefreshToken(self.session_id, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def refresh_token_new(session_id: uuid.UUID) -> RefreshToken:
    return RefreshToken(session_id, secrets.token_urlsafe(32))


def refresh_token_read(token: str) -> RefreshToken | None:
    """The parts of a token, valid or not; None for what is none."""
    session, _, secret = token.partition(".")
    try:
        return RefreshToken(uuid.UUID(hex=session), secret)
    except ValueError:
        return None


def _key() -> bytes:
    return salted_hmac("apps.authn.access-token", "", algorithm="sha256").digest()
