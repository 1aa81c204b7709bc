"""The forms of libraries in the console and on people's pages."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.conf.locale import LANG_INFO
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.errors import DomainError
from apps.libraries import providers
from apps.libraries import roots as root_folders
from apps.libraries.models import Library, ScanType
from apps.libraries.scanner_config import ScannerConfig
from apps.users.models import User

_OWN: Final = "own"
_MOST_ROWS: Final = 12
_PRESETS: Final = (
    ("", _("Never")),
    ("0 * * * *", _("Every hour")),
    ("0 3 * * *", _("Every night at 3 o'clock")),
    ("0 3 * * sun", _("On Sundays at 3 o'clock")),
    (_OWN, _("By a crontab line")),
)


class FoldersWidget(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """One folder a line; a list of the server's folders helps to find them."""

    def render(
        self,
        name: str,
        value: object,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ANN401
    ) -> SafeString:
        field: SafeString = super().render(name, value, attrs, renderer)
        if not attrs or attrs.get("disabled"):
            return field
        picker = "libraries/partials/folder_picker.html"
        shown = field + render_to_string(picker, {"field_id": attrs["id"]})
        return mark_safe(shown)  # noqa: S308  (two that are)


class LibraryForm(forms.ModelForm):  # type: ignore[type-arg]
    folders = forms.CharField(
        label=_("Folders"),
        widget=FoldersWidget(attrs={"rows": 3}),
        help_text=_("The whole path of each folder of films, one a line."),
    )
    viewers = forms.ModelMultipleChoiceField(
        label=_("Who may see it"),
        queryset=User.objects.filter(is_superuser=False, is_active=True),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        required=False,
        help_text=_("Administrators see every library."),
    )
    schedule_choice = forms.ChoiceField(
        label=_("Scan automatically"),
        choices=_PRESETS,
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Times are in UTC."),
    )
    schedule = forms.CharField(
        label=_("Schedule"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "30 4 * * mon-fri"}),
        help_text=_(
            "A crontab line: minute, hour, day of the month, month, day of the week. "
            "Used only with the last choice above."
        ),
    )
    exclude = forms.CharField(
        label=_("Leave out"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Names or paths of files and folders, one a line, such as *.part or Trash/*."),
    )
    trusts_folder_times = forms.BooleanField(
        label=_("Trust folders' modification times"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_(
            "A folder that says it has not changed is passed over, which makes scans quick. "
            "Switch it off for network drives whose folders do not say so."
        ),
    )

    class Meta:
        model = Library
        fields = (
            "name", "enabled", "scan_on_startup", "realtime_monitoring", "metadata_provider",
            "preferred_language",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = ScannerConfig.of(self.instance.scanner_config)
        is_preset = config.schedule in dict(_PRESETS)
        self.initial.update(
            {
                "schedule_choice": config.schedule if is_preset else _OWN,
                "schedule": "" if is_preset else config.schedule,
                "exclude": "\n".join(config.exclude),
                "trusts_folder_times": config.trusts_folder_times,
            }
        )
        if not self.instance._state.adding:  # noqa: SLF001
            folders = self.instance.roots.in_use().values_list("path", flat=True)
            self.initial["folders"] = "\n".join(folders)
            self.fields["folders"].widget.attrs["rows"] = min(_MOST_ROWS, len(folders) + 2)
            self.fields.pop("viewers", None)  # the grants have a list of their own
        self._choose("metadata_provider", _("All available"), providers.choices())
        self._choose("preferred_language", "–", _languages())  # noqa: RUF001

    def _choose(self, name: str, empty: str | Promise, choices: Iterable[tuple[str, Any]]) -> None:
        """Offer a list, with what a program may have set besides."""
        if name not in self.fields:
            return
        offered = {"": empty, **dict(choices)}
        present = getattr(self.instance, name)
        offered.setdefault(present, present)
        self.fields[name].widget = UnfoldAdminSelectWidget(choices=list(offered.items()))

    def clean_folders(self) -> list[str]:
        if self.fields["folders"].disabled:
            return []
        folders = [line.strip() for line in self.cleaned_data["folders"].splitlines()]
        try:
            return root_folders.folders_checked(self.instance, filter(None, folders))
        except DomainError as error:
            raise forms.ValidationError(error.message) from error

    def clean_schedule(self) -> str:
        choice = self.cleaned_data.get("schedule_choice", "")
        own: str = self.cleaned_data["schedule"]
        if choice == _OWN and not own:
            raise forms.ValidationError(_("Write a crontab line, or choose another schedule."))
        return _checked(schedule=own).schedule if choice == _OWN else choice

    def clean_exclude(self) -> list[str]:
        return list(_checked(exclude=self.cleaned_data["exclude"].splitlines()).exclude)

    @property
    def settings(self) -> dict[str, Any]:
        """For the services."""
        names = ("exclude", "schedule", "trusts_folder_times")
        config = {name: self.cleaned_data[name] for name in names}
        plain = {name: self.cleaned_data[name] for name in LibraryForm.Meta.fields}
        return {**plain, "scanner_config": config}


class ScanForm(forms.Form):
    """On people's page of a library."""

    scan_type = forms.ChoiceField(
        label=_("What to look at"),
        choices=(
            (ScanType.INCREMENTAL, _("What has changed")),
            (ScanType.FULL, _("Every file")),
            (ScanType.METADATA, _("NFO files and pictures beside the films")),
        ),
        widget=forms.Select(attrs={"class": "select"}),
    )
    path = forms.CharField(
        label=_("Only this folder or file"),
        max_length=4096,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Its whole path; leave it empty for all folders."),
    )


def _checked(**settings: Any) -> ScannerConfig:
    try:
        return ScannerConfig.checked(settings)
    except DomainError as error:
        raise forms.ValidationError(error.message) from error


def _languages() -> list[tuple[str, str]]:
    """In the reader's language, sorted by it."""
    codes = [code for code, about in LANG_INFO.items() if "name" in about]
    named = [(code, str(get_language_info(code)["name_translated"])) for code in codes]
    return sorted(named, key=lambda pair: pair[1])
