"""Pages in the language and the time zone that an account has chosen."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.core.context import current_user_id
from apps.users.models import User


class AccountPlaceMiddleware:
    """Stands behind the policy, which has loaded the user: it costs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()  # the thread serves somebody else next

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> None:
        # API clients name their language themselves, and their times are UTC.
        if current_user_id.get() is None or hasattr(view, "cls"):
            return
        if isinstance(user := request.user, User):
            use_places_of(user, request)


def use_places_of(user: User, request: HttpRequest) -> None:
    if user.locale:
        translation.activate(user.locale)
        request.LANGUAGE_CODE = translation.get_language()
    if user.timezone:
        try:
            timezone.activate(zoneinfo.ZoneInfo(user.timezone))
        except zoneinfo.ZoneInfoNotFoundError:
            return  # it was known to another machine, or to an older database of zones
