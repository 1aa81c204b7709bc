"""How API clients say who they are."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.authn import browsers, tokens
from apps.authn.sessions import LiveSession, session_check
from apps.core.requests import UserRequest
from apps.users.models import User


class SessionRequest(UserRequest):
    """The request of a view whose policy is `Access.SESSION`."""

    auth: LiveSession


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. The session behind the token must be live."""

    def authenticate(self, request: Request) -> tuple[User, LiveSession] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        claims = tokens.access_token_read(token.strip())
        session = claims and session_check(claims)
        if not session:
            raise AuthenticationFailed("The access token is not valid or has expired")
        return session.user, session

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


class WebSessionAuthentication(SessionAuthentication):
    """The cookie of the web pages; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, LiveSession] | None:
        signed_in = super().authenticate(request)
        session = signed_in and browsers.live_session(request._request)  # noqa: SLF001
        return (session.user, session) if session else None

    def authenticate_header(self, _request: HttpRequest) -> str:
        # A header makes DRF answer 401 instead of 403 to who has not signed in.
        return "Bearer"
