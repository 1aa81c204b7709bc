"""The console's pages of scans and of the files that they found."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from apps.core.admin import Pages, ReadOnlyAdmin, Row, live, may, refusal
from apps.core.errors import DomainError
from apps.core.events.types import Category
from apps.core.permissions import Permission
from apps.libraries import labels, scanning, streams
from apps.libraries.access import sees_all
from apps.libraries.models import Library, LibraryScan, MediaFile, ScanIssue
from apps.libraries.reasons import phrase
from apps.libraries.safety_admin import acting, forget

if TYPE_CHECKING:
    from django.db.models.fields.related import RelatedField


class VisibleLibraries(admin.RelatedFieldListFilter):
    """Names no library that the viewer does not see."""

    def field_choices(
        self,
        field: "RelatedField[Any, Any]",
        request: HttpRequest,
        model_admin: "admin.ModelAdmin[Any]",
    ) -> list[tuple[str, Any]]:
        visible = Library.objects.visible_to(acting(request))
        ordering = self.field_admin_ordering(field, request, model_admin)
        named = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": visible}
        )
        return [(str(value), label) for value, label in named]


class Named(admin.AllValuesFieldListFilter):
    """Says in words what the column holds."""

    def word(self, value: str) -> str:
        return labels.codec_label(value)

    def choices(self, changelist: Any) -> Iterator[Any]:  # noqa: ANN401
        everything, *named = super().choices(changelist)
        yield everything
        for value, choice in zip(self.lookup_choices, named, strict=True):
            word = self.word(value) if value else "–"  # noqa: RUF001
            count = choice["display"].removeprefix(value)
            yield {**choice, "display": f"{word}{count}"}


class NamedFailures(Named):
    def word(self, value: str) -> str:
        return phrase(value, "")


class NamedContainers(Named):
    def word(self, value: str) -> str:
        return labels.container_label(value)


class NamedRanges(Named):
    def word(self, value: str) -> str:
        return labels.dynamic_range_label(value) or value.upper()


class ScanIssueInline(TabularInline):  # type: ignore[misc]
    model = ScanIssue
    fields = ("path", "text")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True  # the columns say it
    per_page = 100

    @admin.display(description=_("reason"))
    def text(self, issue: ScanIssue) -> str:
        return issue.text

    def has_add_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return obj is None or sees_all(request.user, obj.library_id)


@admin.register(LibraryScan)
class LibraryScanAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_SCAN)
    list_display = (
        "library", "scan_type", "live_status", "progress", "items_added", "error_count",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "scan_type", ("library", VisibleLibraries))
    list_select_related = ("library",)
    inlines = (ScanIssueInline,)
    actions = ("cancel",)

    def get_exclude(self, request: HttpRequest, obj: Row = None) -> tuple[str, ...]:
        hidden = ("pace", "items_expected")
        if obj is None or sees_all(request.user, obj.library_id):
            return hidden
        return (*hidden, "paths", "error_message")

    @admin.display(description=_("status"), ordering="status")
    def live_status(self, scan: LibraryScan) -> str:
        return live(f"status-{scan.pk}", Category.LIBRARY, scan.get_status_display())

    @admin.display(description=_("Progress"))
    def progress(self, scan: LibraryScan) -> str:
        counts = f"{scan.items_scanned} / {scan.items_found}"
        text = ", ".join(filter(None, (counts, _speed(scan))))
        return live(f"progress-{scan.pk}", Category.LIBRARY, text)

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN)

    @admin.action(description=_("Cancel"), permissions=["scan"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[LibraryScan]) -> None:
        for scan in queryset:
            try:
                scanning.scan_cancel(scan=scan, actor=acting(request))
            except DomainError as error:
                self.message_user(request, refusal(error), messages.WARNING)


def _speed(scan: LibraryScan) -> str:
    rate, remaining = scan.rate, scan.remaining
    if rate is None:
        return ""
    said = gettext("%(rate).0f files a second") % {"rate": rate}
    if remaining is None:
        return said
    minutes = max(1, round(remaining.total_seconds() / 60))
    left = ngettext("%(count)d minute left", "%(count)d minutes left", minutes)
    return f"{said}, {left % {'count': minutes}}"


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_UPDATE)
    list_display = ("path", "library", "state", "reason", "codec", "height", "extent")
    list_filter = (
        "state", ("library", VisibleLibraries), ("failure", NamedFailures),
        ("container", NamedContainers), ("video_codec", Named), ("dynamic_range", NamedRanges),
        ("audio_codec", Named),
    )  # fmt: skip
    list_select_related = ("library",)
    search_fields = ("path",)
    fields = (
        "path", "library", "root", "state", "reason", "failure_message", "missing_since", "extent",
        "format", "length", "rate", "probed_at", "streams",
    )  # fmt: skip
    actions = (forget,)

    @admin.display(description=_("reason"), ordering="failure")
    def reason(self, file: MediaFile) -> str:
        return file.failure_text

    @admin.display(description=_("size"), ordering="size")
    def extent(self, file: MediaFile) -> str:
        return filesizeformat(file.size)

    @admin.display(description=_("video codec"), ordering="video_codec")
    def codec(self, file: MediaFile) -> str:
        return labels.codec_label(file.video_codec)

    @admin.display(description=_("container"))
    def format(self, file: MediaFile) -> str:
        return labels.container_label(file.container)

    @admin.display(description=_("length"))
    def length(self, file: MediaFile) -> str:
        return str(timedelta(seconds=round(file.duration_seconds or 0)))

    @admin.display(description=_("bit rate"))
    def rate(self, file: MediaFile) -> str:
        return labels.bitrate_label(file.bit_rate)

    @admin.display(description=_("Files and streams"))
    def streams(self, file: MediaFile) -> str:
        facts = {
            "extent": streams.media_extent(file),
            "tracks": streams.media_tracks(file),
        }
        return render_to_string("admin/libraries/streams.html", facts)
