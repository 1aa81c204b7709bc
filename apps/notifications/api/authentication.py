from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.notifications.callers import Caller
from apps.notifications.tokens import token_redeem
from apps.users.models import User


class EventsTokenAuthentication(BaseAuthentication):
    """`?token=` from `POST /api/v1/events/token`, once."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        token = request.query_params.get("token")
        if token is None or request.method != "GET":
            return None
        caller = token_redeem(token)
        if caller is None:
            raise AuthenticationFailed("The token is not valid, or was used already")
        return caller.user, caller

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"
