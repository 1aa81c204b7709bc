from collections.abc import Sequence
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import (
    Pages,
    Row,
    ServiceAdmin,
    add_inline,
    may,
    refusal,
    with_disabled,
)
from apps.core.db.transactions import transaction
from apps.core.errors import DomainError, ForbiddenError
from apps.core.permissions import Permission
from apps.libraries import scan_admin as _scans  # noqa: F401  (with pages of its own)
from apps.libraries import scanning, services
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
    ScanStatus,
    ScanType,
)
from apps.libraries.previews import library_leaving, roots_preview
from apps.libraries.safety_admin import acting
from apps.libraries.scanner_config import ScannerConfig
from apps.libraries.statistics import library_statistics
from apps.rbac import admin as _roles  # noqa: F401  (the pages below are made there)
from apps.rbac.models import Role
from apps.users.models import User

_CONFIRMED: Final = "confirmed_folder"
"""The form's folders, once a page has said what their change does."""


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
            libraries = libraries.filter(pk__in=Library.objects.manageable_by(acting(request)))
        latest = LibraryScan.objects.filter(library=OuterRef("pk")).order_by("-created_at")
        return libraries.annotate(
            scan_status=Subquery(latest.values("status")[:1]),
            scanned_at=Subquery(latest.values("completed_at")[:1]),
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("name", "deleted_at") if _asks_for_deleted(request) else self.list_display

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleted libraries can be restored, and nothing else."""
        actions, is_deleted = super().get_actions(request), _asks_for_deleted(request)
        return {name: act for name, act in actions.items() if (name == "restore") == is_deleted}

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
            found = library_statistics(user=acting(request), library=library)
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
        wanted = form.cleaned_data["folders"]
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
        folders, actor, settings = form.cleaned_data["folders"], acting(request), form.settings
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
        services.library_delete(library=obj, actor=acting(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        with transaction():  # all or none
            for library in queryset.filter(deleted_at=None):
                services.library_delete(library=library, actor=acting(request))

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
                library=library, changes={"enabled": False}, actor=acting(request)
            )

    @admin.action(description=_("Switch on"))
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            services.library_update(
                library=library, changes={"enabled": True}, actor=acting(request)
            )
            self._start(request, library, ScanType.INCREMENTAL)

    @admin.action(description=_("Restore deleted libraries"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            try:
                services.library_restore(library=library, actor=acting(request))
            except DomainError as error:
                self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
            else:
                text = _("%(library)s is back, and is being scanned.") % {"library": library}
                self.message_user(request, text, messages.SUCCESS)

    def _start(self, request: HttpRequest, library: Library, scan_type: ScanType) -> None:
        actor = acting(request)
        try:
            if not (may(request, Permission.LIBRARIES_SCAN) or _manages(request, library)):
                raise ForbiddenError(gettext("You may not do this"))
            scanning.scan_start(library=library, scan_type=scan_type, requested_by=actor)
        except DomainError as error:
            self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
        else:
            text = _("The scan of %(library)s is queued.") % {"library": library}
            self.message_user(request, text, messages.SUCCESS)


def _asks_for_deleted(request: HttpRequest) -> bool:
    return request.GET.get(Deleted.parameter_name) == Deleted.RESTORABLE


def _is_there(library: Library | None) -> bool:
    """A deleted library is restored first."""
    return library is None or library.deleted_at is None


def _manages(request: HttpRequest, library: Library | None) -> bool:
    """This library, or any."""
    manageable = Library.objects.manageable_by(request.user)
    return (manageable.filter(pk=library.pk) if library else manageable).exists()


add_inline(User, LibrariesOfUserInline)
add_inline(Role, LibrariesOfRoleInline)
