"""The console's pages of folders, with what is asked about them, and of forgetting what is gone."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.admin import Pages, ReadOnlyAdmin, Row, may, refusal
from apps.core.errors import DomainError
from apps.core.permissions import Permission
from apps.libraries import retention, roots, safety, scanning
from apps.libraries.access import sees_all
from apps.libraries.models import FileState, LibraryRoot, MediaFile, ScanType
from apps.libraries.safety import Loss
from apps.users.models import User

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

_SHOWN = 200


@admin.register(LibraryRoot)
class LibraryRootAdmin(ReadOnlyAdmin):
    """What a folder's page says is why it is away, and what can be done."""

    pages = Pages(view=Permission.LIBRARIES_UPDATE)
    list_display = ("path", "library", "is_available", "reason")
    list_filter = ("is_available",)
    list_select_related = ("library",)
    search_fields = ("path",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LibraryRoot]:
        rows: QuerySet[LibraryRoot] = super().get_queryset(request)
        return rows.filter(removed_at=None).select_related("library")

    @admin.display(description=gettext_lazy("problem"), ordering="problem")
    def reason(self, root: LibraryRoot) -> str:
        return root.reason

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<uuid:root_id>/{name}/", self.admin_site.admin_view(view), name=f"root_{name}")
            for name, view in (("gone", self.gone), ("accept", self.accept), ("look", self.look))
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        root = self._root(request, object_id)
        loss = Loss.of(root.loss) if root.loss else None
        missing = MediaFile.objects.visible_to(acting(request)).filter(
            root=root, state=FileState.MISSING
        )
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": root.path,
            "opts": self.opts,
            "root": root,
            "loss": loss,
            "examples": loss.examples if loss and sees_all(request.user, root.library_id) else (),
            "missing": missing.count(),
            # One that is not there is refused.
            "may_accept": may(request, None) and Path(root.path).is_dir(),
            "may_scan": may(request, Permission.LIBRARIES_SCAN),
        }
        return TemplateResponse(request, "libraries/root.html", context)

    @method_decorator(require_POST)
    def gone(self, request: HttpRequest, root_id: UUID) -> HttpResponse:
        """They are gone."""
        root = self._root(request, str(root_id))
        confirmed = request.POST.get("confirmed")
        if confirmed is None:
            return self._answer(request, root, _("Tick first that you have looked."), None)
        if root.loss and confirmed != str(Loss.of(root.loss).asked):
            return self._answer(
                request, root, _("The number of files has changed meanwhile. Look again."), None
            )
        text = _("The files count as missing. They are remembered for a while.")
        return self._answer(
            request, root, text, lambda: safety.loss_accept(root=root, actor=acting(request))
        )

    @method_decorator(require_POST)
    def accept(self, request: HttpRequest, root_id: UUID) -> HttpResponse:
        """It is the right folder, whatever its marker says: for who may choose folders."""
        if not may(request, None):
            raise PermissionDenied
        root = self._root(request, str(root_id))
        text = _("The folder is accepted. Scan it now.")
        return self._answer(
            request, root, text, lambda: roots.root_accept(root=root, actor=acting(request))
        )

    @method_decorator(require_POST)
    def look(self, request: HttpRequest, root_id: UUID) -> HttpResponse:
        """Look again."""
        if not may(request, Permission.LIBRARIES_SCAN):
            raise PermissionDenied
        root = self._root(request, str(root_id))
        actor = acting(request)
        return self._answer(
            request,
            root,
            _("The scan of %(library)s is queued.") % {"library": root.library},
            lambda: scanning.scan_start(
                library=root.library, scan_type=ScanType.INCREMENTAL, requested_by=actor
            ),
        )

    def _root(self, request: HttpRequest, root_id: str) -> LibraryRoot:
        if not self.has_view_permission(request):
            raise PermissionDenied
        root: LibraryRoot | None = self.get_object(request, root_id)
        if root is None:
            raise Http404
        return root

    def _answer(
        self,
        request: HttpRequest,
        root: LibraryRoot,
        text: str,
        work: Callable[[], object] | None,
    ) -> HttpResponse:
        """`work`: None where nothing is done, and the text says why."""
        level = messages.WARNING if work is None else messages.SUCCESS
        try:
            if work is not None:
                work()
        except DomainError as error:
            text, level = refusal(error), messages.WARNING
        self.message_user(request, text, level)
        return redirect("admin:libraries_libraryroot_change", root.pk)


def acting(request: HttpRequest) -> User:
    """Who asks."""
    assert isinstance(request.user, User)  # noqa: S101  (the policy lets in nobody else)
    return request.user


@admin.action(description=gettext_lazy("Forget missing files"))
def forget(
    pages: "ModelAdmin[Any]", request: HttpRequest, queryset: QuerySet[Row]
) -> HttpResponse | None:
    """Asks first, and says what goes with them. For administrators."""
    files = queryset.filter(state=FileState.MISSING)
    ids = list(files.values_list("pk", flat=True))
    if not ids:
        pages.message_user(request, _("None of these files is missing."), messages.WARNING)
        return None
    # As many as were shown: more may have gone missing since.
    if request.POST.get("confirmed") == str(len(ids)):
        done = retention.files_forget(file_ids=ids, actor=acting(request))
        text = _("Forgotten: %(files)d files and %(films)d films.")
        pages.message_user(request, text % {"files": done.files, "films": done.works})
        return None
    films = retention.works_going(file_ids=ids)
    context = {
        **pages.admin_site.each_context(request),
        "title": _("Forget missing files"),
        "opts": pages.opts,
        "files": list(files.order_by("path").values_list("path", flat=True)[:_SHOWN]),
        "count": len(ids),
        "more": max(0, len(ids) - _SHOWN),
        "films": films[:_SHOWN],
        "more_films": max(0, len(films) - _SHOWN),
        "ids": ids,
        "checkbox": ACTION_CHECKBOX_NAME,
        "is_everything": request.POST.get("select_across") == "1",
    }
    return TemplateResponse(request, "libraries/forget.html", context)
