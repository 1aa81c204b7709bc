"""The console's pages of schedules, which are a package's: what they change is told."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
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

from apps.core.db.transactions import transaction
from apps.core.jobs import interventions, schedules
from apps.core.jobs.interventions import Intervention, Kind

Row = Any
"""Of the page's model, or None."""

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_model)


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):  # type: ignore[misc]
    """The package's list of tasks in the console's dress."""


class PeriodicTaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


class ToldAdmin(ModelAdmin):  # type: ignore[misc]
    """The package's pages call no services: what they change is told as an intervention."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:  # noqa: ANN401, FBT001
        with transaction():
            super().save_model(request, obj, form, change)
            _tell(request, obj)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction():
            _tell(request, obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction():
            _tell(request, *queryset)
            super().delete_queryset(request, queryset)

    def following(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Those of them that follow what is set elsewhere, and stay as they are."""
        return chosen.none()

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return super().has_change_permission(request, obj) and not self._follows(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._follows(obj)

    def _follows(self, obj: Row) -> bool:
        return obj is not None and self.following(self.model.objects.filter(pk=obj.pk)).exists()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """To delete some goes by `delete_queryset`."""
        actions: dict[str, Any] = super().get_actions(request)
        return {
            name: (act if name == "delete_selected" else _telling(act), *about)
            for name, (act, *about) in actions.items()
        }


def _telling(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def told(page: Any, request: HttpRequest, chosen: QuerySet[Any]) -> Any:  # noqa: ANN401  (the package's)
        following = page.following(chosen)
        if following:
            text = _("They follow what is set elsewhere, and stay as they are: %(names)s")
            names = ", ".join(map(str, following))
            page.message_user(request, text % {"names": names}, messages.WARNING)
            chosen = chosen.exclude(pk__in=following.values("pk"))
        with transaction():
            _tell(request, *chosen)
            return act(page, request, chosen)

    return told


def _tell(request: HttpRequest, *rows: Model) -> None:
    for row in rows:
        name = getattr(row, "name", None) or str(row)
        interventions.tell(Intervention(Kind.CHANGE, request.user, name))


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ToldAdmin):  # type: ignore[misc]
    form = PeriodicTaskForm
    # Without the package's own way to run them: it passes by the outbox, and no worker would take
    # what it sends. The page of jobs has a button for each.
    actions = ("enable_tasks", "disable_tasks", "toggle_tasks")
    # The package's own has an inline script.
    change_form_template = "admin/change_form.html"
    change_form_outer_before_template = "admin/schedule_owner.html"

    def following(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        return schedules.following().filter(pk__in=chosen.values("pk"))

    def get_fieldsets(self, request: HttpRequest, obj: Row = None) -> Any:  # noqa: ANN401
        """Of one that is only shown what tells something."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ("name", "enabled", "crontab", "last_run_at")})]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        owner = schedules.owner_of(row) if self._follows(row) else None
        context = {**(extra_context or {}), "owner": owner}
        shown: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return shown


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(beat.IntervalScheduleAdmin, ToldAdmin):  # type: ignore[misc]
    pass


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat.CrontabScheduleAdmin, ToldAdmin):  # type: ignore[misc]
    def following(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        return chosen.filter(periodictask__in=schedules.following()).distinct()
