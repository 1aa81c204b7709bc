"""The console's form of the server's settings, made from their declarations."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.errors import InvalidInputError
from apps.siteconfig import selectors
from apps.siteconfig.declaring import DECLARED, Category, DataType, Setting, Source


@dataclass(frozen=True, slots=True)
class Change:
    setting: Setting[Any]
    value: Any
    shown: Any
    """The value that the form was made with."""


@dataclass(frozen=True, slots=True)
class Row:
    setting: Setting[Any]
    field: forms.BoundField
    shown: forms.BoundField
    source: Source

    @property
    def is_locked(self) -> bool:
        return self.source is Source.ENVIRONMENT

    @property
    def can_be_reset(self) -> bool:
        return self.source is Source.DATABASE

    @property
    def about(self) -> str:
        """Bounds and default."""
        one = self.setting
        default = {True: _("on"), False: _("off"), "": _("none")}.get(one.default, one.default)
        parts = [] if one.is_secret else [_("Default: %(value)s") % {"value": default}]
        if one.minimum is not None and one.maximum is not None and one.data_type != DataType.STRING:
            parts.insert(
                0, _("%(least)s to %(most)s") % {"least": one.minimum, "most": one.maximum}
            )
        return " · ".join(parts)


class SettingsForm(forms.Form):
    """With every value goes, hidden, the one that was shown: so a change that somebody else has
    made meanwhile is seen."""

    def __init__(self, data: QueryDict | None = None, *, is_locked: bool = False) -> None:
        super().__init__(data.copy() if data is not None else None)
        self.sources: dict[str, Source] = {}
        for setting in DECLARED.values():
            value, source = selectors.effective(setting)
            self.sources[setting.key] = source
            field = _field(setting)
            field.disabled = is_locked or source is Source.ENVIRONMENT
            field.initial = "" if setting.is_secret else value
            self.fields[setting.key] = field
            self.fields[_shown_name(setting)] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=_shown_text(setting, value)
            )

    def sections(self) -> Iterator[tuple[str | Promise, list[Row]]]:
        """A category's label and its settings."""
        order = list(Category)
        settings = sorted(DECLARED.values(), key=lambda one: order.index(one.category))
        for category, members in groupby(settings, key=lambda one: one.category):
            yield category.label, [self._row(setting) for setting in members]

    def changes(self) -> list[Change]:
        """What differs from what was shown. Of a form that is valid."""
        found = []
        for setting in DECLARED.values():
            if self.fields[setting.key].disabled:
                continue
            value, shown = self.cleaned_data[setting.key], self.shown(setting)
            if value != ("" if setting.is_secret else shown):
                found.append(Change(setting, value, shown))
        return found

    def shown(self, setting: Setting[Any]) -> Any:  # noqa: ANN401  (of the setting's type)
        """The value that the form was made with; None where it does not say."""
        try:
            return setting.checked(json.loads(self.data.get(_shown_name(setting), "")))
        except (ValueError, RecursionError, InvalidInputError):
            return None

    def show_present(self, setting: Setting[Any], *, with_value: bool = False) -> None:
        """Go on from the value that counts now; what was typed stays unless `with_value`."""
        data: Any = self.data
        value, self.sources[setting.key] = selectors.effective(setting)
        data[_shown_name(setting)] = _shown_text(setting, value)
        if with_value:
            data[setting.key] = value

    def _row(self, setting: Setting[Any]) -> Row:
        field, shown = self[setting.key], self[_shown_name(setting)]
        return Row(setting, field, shown, self.sources[setting.key])


def _field(setting: Setting[Any]) -> forms.Field:
    common: Mapping[str, Any] = {"label": setting.label, "help_text": setting.help}
    bounds: Mapping[str, Any] = {"min_value": setting.minimum, "max_value": setting.maximum}
    match setting.data_type:
        case DataType.BOOLEAN:
            return forms.BooleanField(**common, required=False, widget=UnfoldBooleanSwitchWidget())
        case DataType.INTEGER:
            return forms.IntegerField(**common, **bounds, widget=UnfoldAdminIntegerFieldWidget())
        case DataType.FLOAT:
            return forms.FloatField(**common, **bounds, widget=UnfoldAdminDecimalFieldWidget())
    if setting.choices:
        choices = [(choice, choice) for choice in setting.choices]
        return forms.ChoiceField(**common, choices=choices, widget=UnfoldAdminSelectWidget())
    return forms.CharField(
        **common,
        max_length=int(setting.maximum or 255),
        required=bool(setting.minimum) and not setting.is_secret,
        widget=UnfoldAdminPasswordWidget() if setting.is_secret else UnfoldAdminTextInputWidget(),
    )


def _shown_name(setting: Setting[Any]) -> str:
    return f"shown:{setting.key}"


def _shown_text(setting: Setting[Any], value: object) -> str:
    return "" if setting.is_secret else json.dumps(value)
