"""The admin console's site: its navigation, and the policy that its pages need."""

from collections.abc import Callable
from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from apps.core import diagnosis

# django-unfold's pages are driven by Alpine.js, which evaluates the expressions in its attributes
# and writes style attributes. Administrators' pages alone may do that; scripts still come from
# this server only, and neither inline scripts nor inline style sheets run.
_POLICY = {"script-src": [UNSAFE_EVAL], "style-src-attr": [UNSAFE_INLINE]}

_View = Callable[..., Any]


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    def admin_view(self, view: _View, cacheable: bool = False) -> _View:  # noqa: FBT001, FBT002
        checked: _View = csp_update(_POLICY)(super().admin_view(view, cacheable))
        return checked

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from apps.core.jobs import pages  # noqa: PLC0415  (this is loaded before the models)

        urls: list[URLPattern | URLResolver] = super().get_urls()
        health = path("health/", self.admin_view(self.health), name="health")
        # Before the site's last route, which takes everything.
        return [health, *pages.urls(self.admin_view), *urls]

    def health(self, request: HttpRequest) -> HttpResponse:
        """How every part of the server is."""
        context = {
            **self.each_context(request),
            "title": _("Health"),
            "diagnosis": diagnosis.diagnose(),
        }
        return TemplateResponse(request, "admin/health.html", context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # The colours are in css/console.css: unfold would write them into an inline style sheet.
        return {**super().each_context(request), "colors": None}


def navigation(_request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "title": _("Films"),
            "items": [
                _item(_("Libraries"), "video_library", "libraries_library"),
                _item(_("Scans"), "manage_search", "libraries_libraryscan"),
                _item(_("Files"), "draft", "libraries_mediafile"),
                _item(_("Films"), "movie", "movies_movie"),
            ],
        },
        {
            "title": _("Server"),
            "separator": True,
            "items": [
                _item(_("Users"), "group", "users_user"),
                _item(_("API keys"), "key", "apikeys_apikey"),
                _item(_("Invitations"), "mail", "authn_invitation"),
                _item(_("Settings"), "settings", "siteconfig_serversetting"),
                _item(_("Activity"), "history", "activity_activityentry"),
                {"title": _("Jobs"), "icon": "manufacturing", "link": reverse("admin:jobs")},
                _item(_("Schedules"), "schedule", "django_celery_beat_periodictask"),
                {"title": _("Health"), "icon": "monitor_heart", "link": reverse("admin:health")},
            ],
        },
    ]


def _item(title: str, icon: str, model: str) -> dict[str, str]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{model}_changelist")}


def icon(_request: HttpRequest) -> str:
    return static("favicon.svg")


def style_sheet(_request: HttpRequest) -> str:
    return static("css/console.css")
