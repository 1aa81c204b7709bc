"""What the admin console's pages share: they write through the services."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.errors import DomainError, StepUpRequiredError
from apps.core.jobs import tracking
from apps.core.models import Job

M = TypeVar("M", bound=Model)


def refusal(error: DomainError) -> str:
    """All that a domain error says, for people."""
    return " ".join([error.message, *(text for texts in error.details.values() for text in texts)])


class ServiceAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages whose `save_model` calls a service; what it refuses is shown, and nothing changes."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            page: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except StepUpRequiredError:
            raise
        except DomainError as error:
            self.message_user(request, refusal(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return page


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages of rows that only the server itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "label", "subject", "state", "progress", "started_by", "created_at", "ended_at",
    )  # fmt: skip
    list_filter = ("state", "kind")
    list_select_related = ("started_by",)
    search_fields = ("subject", "error")

    @admin.display(description=_("kind"), ordering="kind")
    def label(self, job: Job) -> str:
        return str(tracking.kind_of(job).label)

    @admin.display(description=_("Progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done} / {job.total}" if job.total else ""


for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_model)


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):  # type: ignore[misc]
    """The package's list of tasks in the console's dress."""


class PeriodicTaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ModelAdmin):  # type: ignore[misc]
    form = PeriodicTaskForm
    # Without the package's own way to run them: it passes by the outbox, and no worker would take
    # what it sends. The page of jobs has a button for each.
    actions = ("enable_tasks", "disable_tasks", "toggle_tasks")
    # The package's own has an inline script.
    change_form_template = "admin/change_form.html"


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(beat.IntervalScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    pass


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat.CrontabScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    pass
