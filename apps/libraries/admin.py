from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from apps.core.admin import ReadOnlyAdmin, ServiceAdmin, refusal
from apps.core.errors import DomainError
from apps.libraries import paths, selectors, services
from apps.libraries.models import Library, LibraryScan, MediaFile, ScanIssue, ScanType
from apps.users.models import User


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
            self.initial["folders"] = "\n".join(self.instance.roots.values_list("path", flat=True))
            grants = selectors.grant_list(library=self.instance)
            self.initial["viewers"] = [grant.user_id for grant in grants]

    def clean_folders(self) -> list[str]:
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
    form = LibraryForm
    list_display = ("name", "type", "enabled", "scan_on_startup", "updated_at")
    search_fields = ("name",)
    actions = ("scan", "rescan")

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
            services.library_set_roots(library=obj, roots=folders, actor=actor)
        else:
            created = services.library_create(name=fields.pop("name"), roots=folders, actor=actor)
            obj.pk = created.pk
            services.library_update(library=created, changes=fields, actor=actor)
        viewers = form.cleaned_data["viewers"]
        services.library_set_viewers(library=obj, users=viewers, actor=actor)
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

    @admin.action(description=_("Scan for changes"))
    def scan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.INCREMENTAL)

    @admin.action(description=_("Rescan everything"))
    def rescan(self, request: HttpRequest, queryset: QuerySet[Library]) -> None:
        for library in queryset:
            self._start(request, library, ScanType.FULL)

    def _start(self, request: HttpRequest, library: Library, scan_type: ScanType) -> None:
        actor = _actor(request)
        try:
            services.scan_start(library=library, scan_type=scan_type, requested_by=actor)
        except DomainError as error:
            self.message_user(request, f"{library}: {refusal(error)}", messages.WARNING)
        else:
            text = _("The scan of %(library)s is queued.") % {"library": library}
            self.message_user(request, text, messages.SUCCESS)


class ScanIssueInline(TabularInline):  # type: ignore[misc]
    model = ScanIssue
    fields = ("path", "reason", "message")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False
    per_page = 100

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002, ANN401
        return False


@admin.register(LibraryScan)
class LibraryScanAdmin(ReadOnlyAdmin):
    list_display = (
        "library", "scan_type", "status", "items_found", "items_scanned", "items_added",
        "items_updated", "items_removed", "error_count", "created_at", "completed_at",
    )  # fmt: skip
    list_filter = ("status", "scan_type", "library")
    list_select_related = ("library",)
    inlines = (ScanIssueInline,)
    actions = ("cancel",)

    @admin.action(description=_("Cancel"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[LibraryScan]) -> None:
        for scan in queryset:
            try:
                services.scan_cancel(scan=scan, actor=_actor(request))
            except DomainError as error:
                self.message_user(request, refusal(error), messages.WARNING)


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    list_display = ("path", "library", "state", "failure", "video_codec", "height", "size")
    list_filter = ("state", "library", "failure", "video_codec")
    list_select_related = ("library",)
    search_fields = ("path",)
    exclude = ("probe", "name", "inode", "mtime_ns")
