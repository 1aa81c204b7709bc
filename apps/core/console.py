"""The admin console's site: its navigation, and the policy that its pages need."""

from collections.abc import Callable
from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from apps.core import diagnosis
from apps.core.policy import Access, policy

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
        health = path("health/", self._for_administrators(self.health), name="health")
        # Before the site's last route, which takes everything.
        return [health, *pages.urls(self._for_administrators), *urls]

    def _for_administrators(self, view: _View) -> _View:
        return policy(Access.ADMIN)(self.admin_view(view))

    def health(self, request: HttpRequest) -> HttpResponse:
        """How every part of the server is."""
        context = {
            **self.each_context(request),
            "title": _("Health"),
            "diagnosis": diagnosis.diagnose(),
        }
        return TemplateResponse(request, "admin/health.html", context)

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Django's own page would count no guesses, end no sessions and record nothing."""
        return redirect("authn:password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # The colours are in css/console.css: unfold would write them into an inline style sheet.
        return {**super().each_context(request), "colors": None}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that the viewer may open."""
    films = [
        *_item(request, _("Libraries"), "video_library", "libraries", "library"),
        *_item(request, _("Folders"), "folder", "libraries", "libraryroot"),
        *_item(request, _("Scans"), "manage_search", "libraries", "libraryscan"),
        *_item(request, _("Files"), "draft", "libraries", "mediafile"),
        *_item(request, _("Films"), "movie", "movies", "movie"),
    ]
    people = [
        *_item(request, _("Users"), "group", "users", "user"),
        *_item(request, _("Roles"), "badge", "rbac", "role"),
        *_item(request, _("Invitations"), "mail", "authn", "invitation"),
        *_item(request, _("Sessions"), "devices", "authn", "devicesession"),
        *_item(request, _("API keys"), "key", "apikeys", "apikey"),
    ]
    groups: list[dict[str, Any]] = [
        {"title": _("Films"), "items": films},
        {"title": _("People"), "separator": True, "items": people},
        {"title": _("Server"), "separator": True, "items": _server(request)},
    ]
    return [group for group in groups if group["items"]]


def _server(request: HttpRequest) -> list[dict[str, str]]:
    items = [
        *_item(request, _("Settings"), "settings", "siteconfig", "serversetting"),
        *_item(request, _("Activity"), "history", "activity", "activityentry"),
    ]
    if getattr(request.user, "is_admin", False):
        jobs = {"title": _("Jobs"), "icon": "manufacturing", "link": reverse("admin:jobs")}
        health = {"title": _("Health"), "icon": "monitor_heart", "link": reverse("admin:health")}
        schedules = _item(request, _("Schedules"), "schedule", "django_celery_beat", "periodictask")
        items += [jobs, *schedules, health]
    return items


def _item(
    request: HttpRequest, title: str, icon: str, app: str, model: str
) -> list[dict[str, str]]:
    pages = admin.site.get_model_admin(apps.get_model(app, model))
    if not pages.has_view_permission(request):
        return []
    return [{"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}]


def icon(_request: HttpRequest) -> str:
    return static("favicon.svg")


def style_sheet(_request: HttpRequest) -> str:
    return static("css/console.css")


def library_style_sheet(_request: HttpRequest) -> str:
    return static("css/libraries.css")
