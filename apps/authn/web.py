"""A browser's session: how it begins, and the cookie by which the browser is known afterwards."""

from typing import Final

from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from apps.authn import lockout
from apps.users.models import User

BACKEND: Final = "apps.authn.backends.NameOrEmailBackend"
_DEVICE_COOKIE: Final = "revenge_device"


def session_begin(request: HttpRequest, user: User) -> None:
    auth.login(request, user, backend=BACKEND)


def device_of(request: HttpRequest) -> str:
    """The cookie, for `services.sign_in`."""
    return request.COOKIES.get(_DEVICE_COOKIE, "")


def device_remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """From now on nobody's wrong guesses elsewhere keep the user from signing in here."""
    response.set_cookie(
        _DEVICE_COOKIE,
        lockout.device_remember(device_of(request), user),
        max_age=lockout.DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
    )
