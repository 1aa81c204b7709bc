from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.activity import exporting, selectors
from apps.activity.forms import EntryFilterForm
from apps.activity.labels import Line
from apps.activity.models import ActivityEntry
from apps.core.admin import Pages, ReadOnlyAdmin
from apps.core.errors import InvalidInputError
from apps.core.permissions import Permission

_SHOWN = 50


@admin.register(ActivityEntry)
class ActivityEntryAdmin(ReadOnlyAdmin):
    """Its list counts nothing, and no page of it is slower than another."""

    pages = Pages(view=Permission.AUDIT_READ)

    def get_urls(self) -> list[URLPattern]:
        export = path("export/", self.admin_site.admin_view(self.export), name="activity_export")
        urls: list[URLPattern] = super().get_urls()
        return [export, *urls]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = EntryFilterForm(request.GET)
        page = _page(form, request.GET.get("cursor"))
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": _("Activity"),
            "opts": self.opts,
            "form": form,
            "lines": [Line(entry) for entry in page.entries],
            "older": _query(request, cursor=page.cursor) if page.cursor else None,
            "newest": _query(request) if "cursor" in request.GET else None,
            "chosen": _query(request),
        }
        return TemplateResponse(request, "activity/log.html", context)

    @method_decorator(require_POST)
    def export(self, request: HttpRequest) -> HttpResponseBase:
        """What the page shows, all of it, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = EntryFilterForm(request.GET)
        if not form.is_valid():
            raise BadRequest
        pieces = exporting.export(wanted=form.wanted(), actor=request.user)  # type: ignore[arg-type]
        name = f"activity-{timezone.localdate()}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(
            pieces, content_type="text/csv; charset=utf-8", headers=headers
        )


def _page(form: EntryFilterForm, cursor: str | None) -> selectors.Page:
    if not form.is_valid():
        return selectors.Page([], None)
    try:
        found = selectors.entries(form.wanted())
        return selectors.entry_page(found, limit=_SHOWN, cursor=cursor)
    except InvalidInputError as error:
        raise BadRequest from error


def _query(request: HttpRequest, cursor: str | None = None) -> str:
    """The present filters as an address's query, without the place in the list or with another."""
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = cursor
    return query.urlencode()
