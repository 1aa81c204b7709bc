from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.core.links import next_page
from apps.core.policy import Access, policy
from apps.users import services
from apps.users.context_processors import THEME_COOKIE
from apps.users.models import Theme, User

_COOKIE_SECONDS = 365 * 24 * 3600


@require_POST
@policy(Access.PUBLIC)
def appearance(request: HttpRequest) -> HttpResponse:
    """Choose the theme: kept in the account, and in the browser for the pages before sign-in."""
    theme = request.POST.get("theme", "")
    if theme not in Theme.values:
        return HttpResponseBadRequest()
    response = redirect(next_page(request, fallback="movies:home"))
    response.set_cookie(THEME_COOKIE, theme, max_age=_COOKIE_SECONDS, httponly=True, samesite="Lax")
    if isinstance(request.user, User):
        services.user_update(user=request.user, changes={"theme": theme})
    return response
