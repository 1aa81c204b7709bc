from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.users import pictures, places
from apps.users.models import Theme, UserPreferences
from apps.users.pictures import Crop

_SELECT = {"class": "select"}


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=_("Display name"),
        required=False,
        max_length=100,
        help_text=_("Shown to others in place of your user name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [
            ("", _("As the server: %(zone)s") % {"zone": settings.TIME_ZONE}),
            *((name, name.replace("_", " ")) for name in places.time_zones()),
        ],
        help_text=_("Times on the pages are of this place."),
        widget=forms.Select(attrs=_SELECT),
    )


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    theme = forms.ChoiceField(
        label=_("Appearance"), choices=Theme.choices, widget=forms.Select(attrs=_SELECT)
    )
    display_language = forms.ChoiceField(
        label=_("Language of the pages"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs=_SELECT),
    )

    class Meta:
        model = UserPreferences
        fields = (
            "content_language", "metadata_language", "show_spoilers", "show_adult_content",
            "auto_play_videos", "email_enabled", "email_frequency", "push_enabled",
            "digest_enabled", "digest_frequency", "profile_visibility", "show_email",
            "show_activity",
        )  # fmt: skip
        widgets = dict.fromkeys(
            ("email_frequency", "digest_frequency", "profile_visibility"),
            forms.Select(attrs=_SELECT),
        )
        help_texts = dict.fromkeys(
            ("content_language", "metadata_language"),
            _("Like de or pt-BR; empty for that of the pages."),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["theme"] = self.instance.theme
        self.initial["display_language"] = self.instance.display_language

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields, by what they are about."""
        return [
            (str(title), [self[name] for name in names])
            for title, names in (
                (_("Pages"), ("theme", "display_language")),
                (_("Films"), self.Meta.fields[:5]),
                (_("Notifications"), self.Meta.fields[5:10]),
                (_("Privacy"), self.Meta.fields[10:]),
            )
        ]


class AvatarForm(forms.Form):
    file = forms.FileField(
        label=_("New picture"),
        help_text=_("JPEG, PNG or WebP, at most 2 MiB and 4096 pixels a side."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    crop_x = forms.IntegerField(required=False, widget=forms.HiddenInput)
    crop_y = forms.IntegerField(required=False, widget=forms.HiddenInput)
    crop_size = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def content(self) -> bytes:
        content: bytes = self.cleaned_data["file"].read(pictures.MAX_BYTES + 1)
        return content

    def crop(self) -> Crop | None:
        """What a script has chosen; without one the middle of the picture."""
        x, y, size = (self.cleaned_data.get(f"crop_{name}") for name in ("x", "y", "size"))
        return None if x is None or y is None or size is None else Crop(x, y, size)


class DeleteAccountForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
