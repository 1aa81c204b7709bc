from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from apps.core.admin import (
    Pages,
    ReadOnlyAdmin,
    Row,
    ServiceAdmin,
    add_inline,
    may,
    refusal,
    with_disabled,
)
from apps.core.errors import DomainError
from apps.core.permissions import Permission
from apps.libraries import paths, scanning, services, streams
from apps.libraries.access import access_of
from apps.libraries.grant_forms import (
    LibrariesOfRoleInline,
    LibrariesOfUserInline,
    RoleGrantInline,
    UserGrantInline,
)
from apps.libraries.models import Library, LibraryScan, MediaFile, ScanIssue, ScanType
from apps.libraries.safety_admin import forget
from apps.rbac import admin as _roles  # noqa: F401  (the pages below are made there)
from apps.rbac.models import Role
from apps.users.models import User

if TYPE_CHECKING:
    from django.db.models.fields.related import RelatedField


class LibraryForm(forms.ModelForm):  # type: ignore[type-arg]
    folders = forms.CharField(
        label=_("Folders"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("The whole path of each folder of films, one a line."),
    )
    viewers = forms.ModelMultipleChoiceField(
        label=_("Who may see it"),
        queryset=User.objects.filter(is_superuser=False, is_active=True),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        required=False,
        help_text=_("Administrators see every library."),
    )

    class Meta:
        model = Library
        fields = ("name", "enabled", "scan_on_startup", "preferred_language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:  # noqa: SLF001
            folders = self.instance.roots.in_use().values_list("path", flat=True)
            self.initial["folders"] = "\n".join(folders)
            self.fields.pop("viewers")  # the grants have a list of their own

    def clean_folders(self) -> list[str]:
        if self.fields["folders"].disabled:
            return []
        folders = [line.strip() for line in self.cleaned_data["folders"].splitlines()]
        try:
            return [str(paths.media_folder(line)) for line in folders if line]
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
    return request.user


@admin.register(Library)
class LibraryAdmin(ServiceAdmin):
    pages = Pages(view=Permission.LIBRARIES_UPDATE, change=Permission.LIBRARIES_UPDATE)
    form = LibraryForm
    list_display = ("name", "type", "enabled", "scan_on_startup", "updated_at")
    search_fields = ("name",)
    actions = ("scan", "rescan")
    inlines = (UserGrantInline, RoleGrantInline)

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        """Also for who manages a library by a grant, but not for the others' pages."""
        by_role = super().has_view_permission(request, obj)
        return by_role or _manages(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        by_role = super().has_change_permission(request, obj)
        return by_role or _manages(request, obj)

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN) or _manages(request, None)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Library]:
        libraries: QuerySet[Library] = super().get_queryset(request).filter(deleted_at=None)
        if may(request, self.pages.view):
            return libraries
        return libraries.filter(pk__in=Library.objects.manageable_by(_actor(request)))

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[LibraryForm]:
        form: type[LibraryForm] = super().get_form(request, *args, **kwargs)
        # Whoever could choose the folders could show what no library does.
        return form if may(request, None) else with_disabled(form, "folders")

    def get_fields(self, request: HttpRequest, obj: Row = None) -> list[str]:
        fields = list(super().get_fields(request, obj))
        return [name for name in fields if obj is None or name != "viewers"]

    def get_inlines(self, request: HttpRequest, obj: Library | None) -> Sequence[Any]:
        """A new library has a simple list of viewers instead."""
        return super().get_inlines(request, obj) if obj is not None else ()

    def save_model(
        self,
        request: HttpRequest,
        obj: Library,
        form: LibraryForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        fields = {name: form.cleaned_data[name] for name in LibraryForm.Meta.fields}
        folders = form.cleaned_data["folders"]
        actor = _actor(request)
        if change:
            services.library_update(library=obj, changes=fields, actor=actor)
            if "folders" in form.changed_data:
                services.library_set_roots(library=obj, roots=folders, actor=actor)
        else:
            created = services.library_create(name=fields.pop("name"), roots=folders, actor=actor)
            obj.pk = created.pk
            services.library_update(library=created, changes=fields, actor=actor)
            viewers = form.cleaned_data["viewers"]
            services.library_set_viewers(library=obj, users=viewers, actor=actor)
        if self.has_scan_permission(request):
            self._start(request, obj, ScanType.INCREMENTAL)

    def get_deleted_objects(
        self,
        objs: Sequence[Library] | QuerySet[Library],
        request: HttpRequest,  # noqa: ARG002
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """A count: the name of each of a hundred thousand files would be too much for a page."""
        files = MediaFile.objects.filter(library__in=objs).count()
        counts = {str(_("Libraries")): len(objs), str(_("Files")): files}
        return [str(library) for library in objs], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Library) -> None:
        services.library_delete(library=obj, actor=_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            services.library_delete(library=library, actor=_actor(request))

    @admin.action(description=_("Scan for changes"), permissions=["scan"])
    def scan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.INCREMENTAL)

    @admin.action(description=_("Rescan everything"), permissions=["scan"])
    def rescan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.FULL)

    def _start(self, request: HttpRequest, library: Library, scan_type: ScanType) -> None:
        actor = _actor(request)
        try:
            scanning.scan_start(library=library, scan_type=scan_type, requested_by=actor)
        except DomainError as error:
            self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
        else:
            text = _("The scan of %(library)s is queued.") % {"library": library}
            self.message_user(request, text, messages.SUCCESS)


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


class ScanIssueInline(TabularInline):  # type: ignore[misc]
    model = ScanIssue
    fields = ("path", "reason", "message")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False
    per_page = 100

    def has_add_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        """The paths name films: they are for who sees all of the library."""
        whole = access_of(_actor(request)).whole
        return obj is None or may(request, None) or obj.library_id in whole


@admin.register(LibraryScan)
class LibraryScanAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_SCAN)
    list_display = (
        "library", "scan_type", "status", "items_found", "items_scanned", "items_added",
        "items_updated", "items_removed", "error_count", "created_at", "completed_at",
    )  # fmt: skip
    list_filter = ("status", "scan_type", ("library", VisibleLibraries))
    list_select_related = ("library",)
    inlines = (ScanIssueInline,)
    actions = ("cancel",)

    def has_scan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.LIBRARIES_SCAN)

    @admin.action(description=_("Cancel"), permissions=["scan"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[LibraryScan]) -> None:
        for scan in queryset:
            try:
                scanning.scan_cancel(scan=scan, actor=_actor(request))
            except DomainError as error:
                self.message_user(request, refusal(error), messages.WARNING)


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    pages = Pages(view=Permission.LIBRARIES_UPDATE)
    list_display = ("path", "library", "state", "failure", "video_codec", "height", "size")
    list_filter = (
        "state", ("library", VisibleLibraries), "failure", "container", "video_codec",
        "dynamic_range", "audio_codec",
    )  # fmt: skip
    list_select_related = ("library",)
    search_fields = ("path",)
    fields = (
        "path", "library", "root", "state", "failure", "failure_message", "missing_since", "size",
        "container", "duration_seconds", "bit_rate", "probed_at", "streams",
    )  # fmt: skip
    actions = (forget,)

    @admin.display(description=_("Files and streams"))
    def streams(self, file: MediaFile) -> str:
        facts = {
            "extent": streams.media_extent(file),
            "tracks": streams.media_tracks(file),
        }
        return render_to_string("admin/libraries/streams.html", facts)


add_inline(User, LibrariesOfUserInline)
add_inline(Role, LibrariesOfRoleInline)
