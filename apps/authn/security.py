"""The page about the safety of one's account: where one is signed in."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import auth, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.authn import browsers, sessions
from apps.authn.models import DeviceSession
from apps.core.agents import device_name
from apps.core.errors import NotFoundError
from apps.core.policy import Access, policy
from apps.core.requests import AuthenticatedRequest


@dataclass(frozen=True, slots=True)
class Row:
    session: DeviceSession
    name: str


@require_safe
@never_cache
@policy(Access.USER)
def overview(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "authn/security.html", _sessions(request))


@require_POST
@policy(Access.USER)
def session_end(request: AuthenticatedRequest, session_id: UUID) -> HttpResponse:
    """End one session; to end one's own is to sign out."""
    if session_id == _own(request):
        auth.logout(request)
        return redirect("authn:sign-in")
    try:
        session = sessions.session_get(user=request.user, session_id=session_id)
    except NotFoundError as error:
        raise Http404 from error
    sessions.session_end(session_id=session.pk)
    name = device_name(session.device_name, session.user_agent)
    return _done(request, _("%(device)s is signed out.") % {"device": name})


@require_POST
@policy(Access.USER)
def sessions_end_others(request: AuthenticatedRequest) -> HttpResponse:
    sessions.sessions_end_others(user=request.user, keep=_own(request))
    return _done(request, _("All other devices are signed out."))


def _done(request: AuthenticatedRequest, text: str) -> HttpResponse:
    if request.htmx:
        context = {**_sessions(request), "done": text}
        return render(request, "authn/partials/sessions.html", context)
    messages.success(request, text)
    return redirect("authn:security")


def _sessions(request: AuthenticatedRequest) -> dict[str, object]:
    """This one first, then the last used."""
    own = _own(request)
    found = [
        Row(each, device_name(each.device_name, each.user_agent))
        for each in sessions.session_list(user=request.user)
    ]
    mine = [row for row in found if row.session.pk == own]
    return {"current": mine, "others": [row for row in found if row not in mine]}


def _own(request: HttpRequest) -> UUID | None:
    session = browsers.live_session(request)
    return session.id if session else None
