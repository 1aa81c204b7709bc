"""What the user did, and what was done or tried with the account."""

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.activity import selectors
from apps.activity.labels import Line
from apps.core.errors import InvalidInputError
from apps.core.policy import Access, policy
from apps.core.requests import AuthenticatedRequest

_SHOWN = 25


@require_safe
@never_cache
@policy(Access.USER)
def own(request: AuthenticatedRequest) -> HttpResponse:
    cursor = request.GET.get("cursor")
    try:
        page = selectors.entry_page(selectors.entries_of(request.user), limit=_SHOWN, cursor=cursor)
    except InvalidInputError as error:
        raise BadRequest from error
    lines = [Line(entry, request.user.pk) for entry in page.entries]
    context = {"lines": lines, "cursor": page.cursor, "is_first": cursor is None}
    return render(request, "activity/own.html", context)
