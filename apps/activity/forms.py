from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.activity import labels, selectors
from apps.activity.selectors import Wanted


class _DateInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    input_type = "date"


class EntryFilterForm(forms.Form):
    """What the console's page of the log and its export are narrowed by."""

    who = forms.CharField(
        label=_("Who"),
        max_length=254,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    action = forms.ChoiceField(label=_("Action"), required=False, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(
        label=_("Kind of object"), required=False, widget=UnfoldAdminSelectWidget
    )
    success = forms.ChoiceField(
        label=_("Success"),
        required=False,
        choices=[("", _("all")), ("yes", _("succeeded")), ("no", _("failed"))],
        widget=UnfoldAdminSelectWidget,
    )
    first_day = forms.DateField(label=_("From"), required=False, widget=_DateInput)
    last_day = forms.DateField(label=_("To"), required=False, widget=_DateInput)

    def __init__(self, data: Any) -> None:  # noqa: ANN401  (a query or a body)
        super().__init__(data)
        every = [("", _("all"))]
        actions = sorted(
            ((a, str(label)) for a, label in labels.ACTIONS.items()), key=lambda a: a[1]
        )
        self.fields["action"].choices = every + actions  # type: ignore[attr-defined]
        kinds = [(kind, labels.kind_label(kind)) for kind in selectors.resource_types()]
        self.fields["kind"].choices = every + kinds  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """Of a form that is valid. The days are those of the current time zone."""
        given = self.cleaned_data
        return {
            "username": given["who"] or None,
            "action": given["action"] or None,
            "resource_type": given["kind"] or None,
            "success": {"yes": True, "no": False}.get(given["success"]),
            "start_time": _begin(given["first_day"]),
            "end_time": _end(given["last_day"]),
        }


def _begin(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _end(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None
