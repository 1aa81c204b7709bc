"""What the admin console's pages share: they write through the services."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from apps.core import schedule_admin as _schedules  # noqa: F401  (with pages of its own)
from apps.core.errors import DomainError, StepUpRequiredError
from apps.core.events.types import Category
from apps.core.jobs import tracking
from apps.core.models import Job
from apps.core.permissions import Permission

F = TypeVar("F", bound="ModelForm[Any]")
Row = Any
"""Of the page's model, or None."""


def refusal(error: DomainError) -> str:
    """All that a domain error says, for people, each thing once."""
    texts = [error.message, *(text for texts in error.details.values() for text in texts)]
    return " ".join(dict.fromkeys(texts))


def live(part: str, category: Category, text: str) -> str:
    """A text in a list that keeps up with the server (static/js/live.js). `part` is unique in the
    page."""
    return format_html('<span id="{}" data-live="{}">{}</span>', part, category, text)


@dataclass(frozen=True, slots=True)
class Pages:
    """The permissions that open a model's pages; None: they are for administrators alone."""

    view: Permission | None = None
    add: Permission | None = None
    change: Permission | None = None
    delete: Permission | None = None


class ConsoleAdmin(ModelAdmin):  # type: ignore[misc]
    """What a role opens, of what the viewer may see."""

    pages: ClassVar[Pages] = Pages()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, self.pages.view)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, self.pages.add)

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, self.pages.change)

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, self.pages.delete)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if may(request, None) or not hasattr(rows, "visible_to"):
            return rows
        visible: QuerySet[Any] = rows.visible_to(request.user)
        return visible

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An address or a form with what is no id, or no text, is a bad request."""
        try:
            shown: HttpResponse = super().changelist_view(request, extra_context)
        except (ValidationError, DataError) as error:
            raise BadRequest from error
        return shown

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """An action that names no permission is for administrators."""
        actions: dict[str, Any] = super().get_actions(request)
        if may(request, None):
            return actions
        return {
            name: action
            for name, action in actions.items()
            if getattr(action[0], "allowed_permissions", None)
        }


def may(request: HttpRequest, permission: Permission | None) -> bool:
    """Whether the viewer has the permission; without one, whether it is an administrator."""
    user = request.user
    if not user.is_active:
        return False
    return user.is_superuser or (permission is not None and user.has_perm(permission))


def with_disabled(form: type[F], *names: str) -> type[F]:
    """The form with these fields shown and not taken: whatever is sent, they stay as they are."""

    class Disabled(form):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in self.fields.keys() & set(names):
                self.fields[name].disabled = True

    return Disabled


class ServiceAdmin(ConsoleAdmin):
    """Pages whose writes call services; what these refuse is shown, and nothing changes."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return self._answer(request, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self._answer(request, lambda: view(request, object_id, extra_context))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().changelist_view
        return self._answer(request, lambda: view(request, extra_context))

    def _answer(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return view()
        except StepUpRequiredError:
            raise
        except DomainError as error:
            self.message_user(request, refusal(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ConsoleAdmin):
    """Pages of rows that only the server itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return False


class ServiceFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of a `ServiceInline`: its `save_new`, `save_existing` and `delete_existing` call
    services."""

    actor: Any
    """The user who asks."""


class ServiceInline(TabularInline):  # type: ignore[misc]
    """Rows on another model's page, for administrators; written through `formset`."""

    extra = 1
    tab = True

    def get_formset(
        self, request: HttpRequest, obj: Row = None, **kwargs: Any
    ) -> type[ServiceFormSet]:
        made: type[ServiceFormSet] = super().get_formset(request, obj, **kwargs)
        made.actor = request.user  # the class is this request's own
        return made

    def has_view_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, None)

    def has_add_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, None)

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:  # noqa: ARG002
        return may(request, None)


def add_inline(model: type[Model], inline: type[ServiceInline]) -> None:
    """Show rows of an app on the page of a model of a lower one."""
    pages = admin.site.get_model_admin(model)
    pages.inlines = (*pages.inlines, inline)  # type: ignore[misc]  # of the one page there is


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "label", "subject", "live_state", "progress", "started_by", "created_at", "ended_at",
    )  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("started_by",)
    search_fields = ("subject", "error")

    @admin.display(description=_("state"), ordering="state")
    def live_state(self, job: Job) -> str:
        return live(f"state-{job.pk}", Category.SYSTEM, job.get_state_display())

    @admin.display(description=_("kind"), ordering="kind")
    def label(self, job: Job) -> str:
        return str(tracking.kind_of(job).label)

    @admin.display(description=_("Progress"))
    def progress(self, job: Job) -> str:
        text = f"{job.done} / {job.total}" if job.total else ""
        return live(f"progress-{job.pk}", Category.SYSTEM, text)
