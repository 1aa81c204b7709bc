from django.http import HttpRequest

from apps.users.models import Theme

THEME_COOKIE = "revenge_theme"


def appearance(request: HttpRequest) -> dict[str, str]:
    """The theme: the account's, before sign-in the browser's, else dark."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return {"theme": user.theme}
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": chosen if chosen in Theme.values else Theme.DARK.value}
