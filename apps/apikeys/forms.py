from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.apikeys.models import Scope


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=255,
        help_text=_("What will use it, such as “Kodi in the living room”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    expires_at = forms.DateField(
        label=_("Works until"),
        required=False,
        help_text=_("The end of that day. Empty: until it is revoked."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    address_ranges = forms.CharField(
        label=_("Works from"),
        required=False,
        max_length=2000,
        help_text=_("Addresses or networks such as 192.168.0.0/24, one a line. Empty: everywhere."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def clean_scopes(self) -> list[Scope]:
        return [Scope(scope) for scope in self.cleaned_data["scopes"]]

    def clean_expires_at(self) -> datetime | None:
        day = self.cleaned_data["expires_at"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None

    def clean_address_ranges(self) -> list[str]:
        lines = self.cleaned_data["address_ranges"].splitlines()
        return [line.strip() for line in lines if line.strip()]
