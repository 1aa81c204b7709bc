from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from apps.core.admin import (
    Pages,
    ReadOnlyAdmin,
    Row,
    ServiceAdmin,
    add_inline,
    live,
    may,
    refusal,
    with_disabled,
)
from apps.core.db.transactions import transaction
from apps.core.errors import DomainError, ForbiddenError
from apps.core.events.types import Category
from apps.core.permissions import Permission
from apps.libraries import scanning, services, streams
from apps.libraries.forms import LibraryForm
from apps.libraries.grant_forms import (
    LibrariesOfRoleInline,
    LibrariesOfUserInline,
    RoleGrantInline,
    UserGrantInline,
)
from apps.libraries.models import (
    FileState,
    Library,
    LibraryScan,
    MediaFile,
    ScanIssue,
    ScanStatus,
    ScanType,
)
from apps.libraries.previews import library_leaving, roots_preview
from apps.libraries.reasons import phrase
from apps.libraries.safety_admin import forget, sees_all
from apps.libraries.scanner_config import ScannerConfig
from apps.libraries.statistics import library_statistics
from apps.rbac import admin as _roles  # noqa: F401  (the pages below are made there)
from apps.rbac.models import Role
from apps.users.models import User

if TYPE_CHECKING:
    from django.db.models.fields.related import RelatedField

_CONFIRMED: Final = "confirmed_folder"
"""The form's folders, once a page has said what their change does."""


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
    return request.user


class Deleted(admin.SimpleListFilter):
    """Without a choice only the libraries that are there."""

    RESTORABLE: Final = "restorable"
    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401, ARG002
        return [(self.RESTORABLE, _("Can be restored"))] if may(request, None) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Library]) -> QuerySet[Library]:  # noqa: ARG002
        return queryset.filter(deleted_at__isnull=self.value() != self.RESTORABLE)


@admin.register(Library)
class LibraryAdmin(ServiceAdmin):
    pages = Pages(view=Permission.LIBRARIES_UPDATE, change=Permission.LIBRARIES_UPDATE)
    form = LibraryForm
    list_display = (
        "name", "enabled", "realtime_monitoring", "schedule", "last_scan", "updated_at",
    )  # fmt: skip
    list_filter = (Deleted,)
    search_fields = ("name",)
    actions = ("scan", "rescan", "switch_off", "switch_on", "restore")
    inlines = (UserGrantInline, RoleGrantInline)
    change_form_outer_before_template = "admin/libraries/about.html"
    delete_confirmation_template = "admin/libraries/delete.html"
    delete_selected_confirmation_template = "admin/libraries/delete.html"

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        """Also for who manages a library by a grant, but not for the others' pages."""
        by_role = super().has_view_permission(request, obj)
        return by_role or _manages(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        by_role = super().has_change_permission(request, obj)
        return _is_there(obj) and (by_role or _manages(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return _is_there(obj) and super().has_delete_permission(request, obj)

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN) or _manages(request, None)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Library]:
        libraries: QuerySet[Library] = super().get_queryset(request)
        if not may(request, self.pages.view):
            libraries = libraries.filter(pk__in=Library.objects.manageable_by(_actor(request)))
        latest = LibraryScan.objects.filter(library=OuterRef("pk")).order_by("-created_at")
        return libraries.annotate(
            scan_status=Subquery(latest.values("status")[:1]),
            scanned_at=Subquery(latest.values("completed_at")[:1]),
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get(Deleted.parameter_name):
            return ("name", "deleted_at")
        return self.list_display

    @admin.display(description=_("Schedule"))
    def schedule(self, library: Library) -> str:
        return ScannerConfig.of(library.scanner_config).schedule or "–"  # noqa: RUF001

    @admin.display(description=_("Last scan"))
    def last_scan(self, library: Any) -> str:  # noqa: ANN401  (with what `get_queryset` adds)
        if library.scan_status is None:
            return "–"  # noqa: RUF001
        status = str(ScanStatus(library.scan_status).label)
        if library.scanned_at is None:
            return status
        moment = timezone.localtime(library.scanned_at)
        return f"{status}, {date_format(moment, 'SHORT_DATETIME_FORMAT')}"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[LibraryForm]:
        form: type[LibraryForm] = super().get_form(request, *args, **kwargs)
        # See `services.library_edit`.
        return form if may(request, None) else with_disabled(form, "folders", "enabled")

    def get_fieldsets(self, request: HttpRequest, obj: Row = None) -> Any:  # noqa: ANN401, ARG002
        first = ("name", "folders", "enabled")
        scans = (
            "scan_on_startup", "realtime_monitoring", "schedule_choice", "schedule", "exclude",
            "trusts_folder_times",
        )  # fmt: skip
        return [
            (None, {"fields": first if obj else (*first, "viewers")}),
            (_("Scans"), {"fields": scans}),
            (_("Metadata"), {"fields": ("metadata_provider", "preferred_language")}),
        ]

    def get_inlines(self, request: HttpRequest, obj: Library | None) -> Sequence[Any]:
        """A new library has a simple list of viewers instead."""
        return super().get_inlines(request, obj) if obj is not None else ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Other folders are saved after a page has said what that changes."""
        library: Library | None = self.get_object(request, unquote(object_id))
        if library is not None and request.method == "GET" and not _is_there(library):
            return self._to_restore(request, library)
        if library is not None and request.method == "POST":
            preview = self._preview(request, library)
            if preview is not None:
                return preview
        if library is not None and request.method == "GET":
            found = library_statistics(user=_actor(request), library=library)
            extra_context = {**(extra_context or {}), "statistics": found}
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return answer

    def _to_restore(self, request: HttpRequest, library: Library) -> HttpResponse:
        if not may(request, None):
            raise PermissionDenied
        text = _("%(library)s was deleted. Restore it first.") % {"library": library}
        self.message_user(request, text, messages.WARNING)
        deleted = reverse("admin:libraries_library_changelist")
        return redirect(f"{deleted}?{Deleted.parameter_name}={Deleted.RESTORABLE}")

    def _preview(self, request: HttpRequest, library: Library) -> HttpResponse | None:
        form = self.get_form(request, library, change=True)(request.POST, instance=library)
        if not may(request, None) or not form.is_valid():
            return None  # its page says what is wrong
        wanted = sorted(set(form.cleaned_data["folders"]))
        confirmed = sorted(request.POST.getlist(_CONFIRMED))
        present = library.roots.in_use().values_list("path", flat=True)
        if wanted in (confirmed, sorted(present)):
            return None
        left_out = {"csrfmiddlewaretoken", _CONFIRMED}
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change the folders of %(library)s?") % {"library": library},
            "opts": self.opts,
            "library": library,
            "preview": roots_preview(library=library, roots=wanted),
            "sent": [pair for pair in sent if pair[0] not in left_out],
            "confirmed": [(_CONFIRMED, path) for path in wanted],
        }
        return TemplateResponse(request, "admin/libraries/preview.html", context)

    def save_model(
        self,
        request: HttpRequest,
        obj: Library,
        form: LibraryForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        folders, actor, settings = form.cleaned_data["folders"], _actor(request), form.settings
        if change:
            chosen = {"paths": folders} if folders else {}
            services.library_edit(library=obj, changes={**settings, **chosen}, actor=actor)
        else:
            with transaction():
                created = services.library_create(
                    name=settings.pop("name"), roots=folders, actor=actor, **settings
                )
                viewers = form.cleaned_data["viewers"]
                services.library_set_viewers(library=created, users=viewers, actor=actor)
            obj.pk = created.pk
        if obj.enabled and self.has_scan_permission(request):
            self._start(request, obj, ScanType.INCREMENTAL)

    def get_deleted_objects(
        self,
        objs: Sequence[Library] | QuerySet[Library],
        request: HttpRequest,  # noqa: ARG002
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Counts: the name of each of a hundred thousand files would be too much for a page."""
        leaving = [library_leaving(library) for library in objs]
        present = MediaFile.objects.filter(library__in=objs).exclude(state=FileState.MISSING)
        counts = {
            str(_("Libraries")): len(objs),
            str(_("Films")): sum(each.works for each in leaving),
            str(_("Files")): present.count(),
            str(_("Records of what people have seen")): sum(each.watched for each in leaving),
        }
        return [str(library) for library in objs], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Library) -> None:
        services.library_delete(library=obj, actor=_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        with transaction():  # all or none
            for library in queryset.filter(deleted_at=None):
                services.library_delete(library=library, actor=_actor(request))

    @admin.action(description=_("Scan for changes"), permissions=["scan"])
    def scan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.INCREMENTAL)

    @admin.action(description=_("Rescan everything"), permissions=["scan"])
    def rescan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.FULL)

    @admin.action(description=_("Switch off"))
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            services.library_update(
                library=library, changes={"enabled": False}, actor=_actor(request)
            )

    @admin.action(description=_("Switch on"))
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            services.library_update(
                library=library, changes={"enabled": True}, actor=_actor(request)
            )
            self._start(request, library, ScanType.INCREMENTAL)

    @admin.action(description=_("Restore deleted libraries"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            try:
                services.library_restore(library=library, actor=_actor(request))
            except DomainError as error:
                self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
            else:
                text = _("%(library)s is back, and is being scanned.") % {"library": library}
                self.message_user(request, text, messages.SUCCESS)

    def _start(self, request: HttpRequest, library: Library, scan_type: ScanType) -> None:
        actor = _actor(request)
        try:
            if not (may(request, Permission.LIBRARIES_SCAN) or _manages(request, library)):
                raise ForbiddenError(gettext("You may not do this"))
            scanning.scan_start(library=library, scan_type=scan_type, requested_by=actor)
        except DomainError as error:
            self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
        else:
            text = _("The scan of %(library)s is queued.") % {"library": library}
            self.message_user(request, text, messages.SUCCESS)


def _is_there(library: Library | None) -> bool:
    """A deleted library is restored first."""
    return library is None or library.deleted_at is None


def _manages(request: HttpRequest, library: Library | None) -> bool:
    """This library, or any."""
    manageable = Library.objects.manageable_by(request.user)
    return (manageable.filter(pk=library.pk) if library else manageable).exists()


class VisibleLibraries(admin.RelatedFieldListFilter):
    """Names no library that the viewer does not see."""

    def field_choices(
        self,
        field: "RelatedField[Any, Any]",
        request: HttpRequest,
        model_admin: "admin.ModelAdmin[Any]",
    ) -> list[tuple[str, Any]]:
        visible = Library.objects.visible_to(_actor(request))
        ordering = self.field_admin_ordering(field, request, model_admin)
        named = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": visible}
        )
        return [(str(value), label) for value, label in named]


class Failures(admin.AllValuesFieldListFilter):
    """Names the reasons in words."""

    def choices(self, changelist: Any) -> Iterator[Any]:  # noqa: ANN401
        for choice in super().choices(changelist):
            yield {**choice, "display": phrase(str(choice["display"]), "")}


class ScanIssueInline(TabularInline):  # type: ignore[misc]
    model = ScanIssue
    fields = ("path", "text")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False
    per_page = 100

    @admin.display(description=_("reason"))
    def text(self, issue: ScanIssue) -> str:
        return issue.text

    def has_add_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        """The paths name films: they are for who sees all of the library."""
        return obj is None or sees_all(request, obj.library_id)


@admin.register(LibraryScan)
class LibraryScanAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_SCAN)
    list_display = (
        "library", "scan_type", "live_status", "progress", "live_speed", "items_added",
        "items_updated", "items_moved", "items_removed", "error_count", "created_at",
        "completed_at",
    )  # fmt: skip
    list_filter = ("status", "scan_type", ("library", VisibleLibraries))
    list_select_related = ("library",)
    inlines = (ScanIssueInline,)
    actions = ("cancel",)

    def get_exclude(self, request: HttpRequest, obj: Row = None) -> tuple[str, ...]:
        hidden = ("pace", "items_expected")
        return hidden if obj is None or sees_all(request, obj.library_id) else (*hidden, "paths")

    @admin.display(description=_("status"), ordering="status")
    def live_status(self, scan: LibraryScan) -> str:
        return live(f"status-{scan.pk}", Category.LIBRARY, scan.get_status_display())

    @admin.display(description=_("Progress"))
    def progress(self, scan: LibraryScan) -> str:
        text = f"{scan.items_scanned} / {scan.items_found}"
        return live(f"progress-{scan.pk}", Category.LIBRARY, text)

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN)

    @admin.display(description=_("Speed"))
    def live_speed(self, scan: LibraryScan) -> str:
        return live(f"speed-{scan.pk}", Category.LIBRARY, _speed(scan))

    @admin.action(description=_("Cancel"), permissions=["scan"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[LibraryScan]) -> None:
        for scan in queryset:
            try:
                scanning.scan_cancel(scan=scan, actor=_actor(request))
            except DomainError as error:
                self.message_user(request, refusal(error), messages.WARNING)


def _speed(scan: LibraryScan) -> str:
    rate, remaining = scan.rate, scan.remaining
    if rate is None:
        return "–"  # noqa: RUF001
    said = gettext("%(rate).0f files a second") % {"rate": rate}
    if remaining is None:
        return said
    minutes = max(1, round(remaining.total_seconds() / 60))
    left = ngettext("%(count)d minute left", "%(count)d minutes left", minutes)
    return f"{said}, {left % {'count': minutes}}"


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_UPDATE)
    list_display = ("path", "library", "state", "reason", "video_codec", "height", "size")
    list_filter = (
        "state", ("library", VisibleLibraries), ("failure", Failures), "container", "video_codec",
        "dynamic_range", "audio_codec",
    )  # fmt: skip
    list_select_related = ("library",)
    search_fields = ("path",)
    fields = (
        "path", "library", "root", "state", "reason", "failure_message", "missing_since", "size",
        "container", "duration_seconds", "bit_rate", "probed_at", "streams",
    )  # fmt: skip
    actions = (forget,)

    @admin.display(description=_("reason"), ordering="failure")
    def reason(self, file: MediaFile) -> str:
        return file.failure_text

    @admin.display(description=_("Files and streams"))
    def streams(self, file: MediaFile) -> str:
        facts = {
            "extent": streams.media_extent(file),
            "tracks": streams.media_tracks(file),
        }
        return render_to_string("admin/libraries/streams.html", facts)


add_inline(User, LibrariesOfUserInline)
add_inline(Role, LibrariesOfRoleInline)
