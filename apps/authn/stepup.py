"""Step-up: who changes something sensitive has shown lately who it is. Signing in counts.

When that was is kept with the session.
"""

from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import browsers, lockout, passwords, web
from apps.authn.models import DeviceSession
from apps.authn.sessions import LiveSession
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError, StepUpRequiredError
from apps.core.requests import AuthenticatedRequest
from apps.users.models import User

LASTS: Final = timedelta(minutes=15)


def require(request: HttpRequest | Request) -> None:
    """Raises StepUpRequiredError unless the session at hand was stepped up lately. The API answers
    403 with `details.step_up`; a page that calls it, first of all, is come back to from
    `authn:step-up`. Whoever has no session, such as an API key, cannot step up."""
    last = _last(request)
    if last is None or last <= timezone.now() - LASTS:
        raise StepUpRequiredError(_("Confirm first that it is you."))


def step_up(request: HttpRequest | Request, *, user: User, password: str, device: str = "") -> None:
    """Raises InvalidInputError for a wrong password, TooManyAttemptsError where one has to
    wait."""
    attempt = lockout.attempt(username=user.username, user=user, device=device)
    if not passwords.check(user=user, password=password, attempt=attempt):
        activity.record(Action.STEP_UP_FAILED, actor=user, resource=user, success=False)
        wrong = _("The password is wrong.")
        raise InvalidInputError(wrong, {"password": [wrong]})
    with transaction():
        mark(request)
        activity.record(Action.STEP_UP, actor=user, resource=user)


def confirm(request: AuthenticatedRequest, password: str) -> None:
    """The user at a page. Raises as `step_up` does."""
    step_up(request, user=request.user, password=password, device=web.device_of(request))


def mark(request: HttpRequest | Request) -> None:
    """Who asks has just shown who it is."""
    if session := _session(request):
        DeviceSession.objects.filter(pk=session.id).update(stepped_up_at=timezone.now())


def _last(request: HttpRequest | Request) -> datetime | None:
    if (session := _session(request)) is None:
        return None
    row = DeviceSession.objects.filter(pk=session.id)
    times = row.values_list("created_at", "stepped_up_at").first() or ()
    return max(filter(None, times), default=None)


def _session(request: HttpRequest | Request) -> LiveSession | None:
    if isinstance(request, Request):
        return request.auth if isinstance(request.auth, LiveSession) else None
    return browsers.live_session(request)
