from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.apikeys.checking import LiveKey, key_check
from apps.core.address import client_address
from apps.users.models import User


class ApiKeyAuthentication(BaseAuthentication):
    """`X-API-Key: rv_…`. What fails says no more than that it failed."""

    def authenticate(self, request: Request) -> tuple[User, LiveKey] | None:
        given = request.headers.get("X-API-Key")
        if given is None:
            return None
        key = key_check(key=given, address=client_address(request))
        if key is None:
            raise AuthenticationFailed("The API key is not valid")
        return key.user, key
