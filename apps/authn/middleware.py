from asgiref.sync import sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.authn import browsers
from apps.users.models import User


class BrowserMiddleware(AuthenticationMiddleware):
    """`request.user`: who signed in with this browser, as long as its device session lives."""

    def process_request(self, request: HttpRequest) -> None:
        async def auser() -> User | AnonymousUser:
            return await sync_to_async(browsers.user_of)(request)

        request.user = SimpleLazyObject(lambda: browsers.user_of(request))  # type: ignore[assignment]
        request.auser = auser
