"""Middleware that concerns every answer."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.address import client_address
from apps.core.context import Origin, in_request
from apps.core.ids import new_id

type_response = Callable[[HttpRequest], HttpResponse]

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_AGENT_LENGTH = 400
_PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
)


def request_id(get_response: type_response) -> type_response:
    """`X-Request-ID`: the client's own where it is harmless, else a new one; on every answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        identifier = offered if _ACCEPTED_ID.fullmatch(offered) else new_id().hex
        with in_request(identifier, origin_of(request)):
            response = get_response(request)
        response.headers["X-Request-ID"] = identifier
        return response

    return middleware


def origin_of(request: HttpRequest) -> Origin:
    return Origin(client_address(request), request.headers.get("User-Agent", "")[:_AGENT_LENGTH])


def browser_safety(get_response: type_response) -> type_response:
    """What Django has no setting for: Permissions-Policy, and Secure cookies only under TLS."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS_POLICY)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response

    return middleware
