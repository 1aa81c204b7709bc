from django import forms
from django.utils.translation import gettext_lazy as _

from apps.setup.services import FILMS

_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class AdministratorForm(forms.Form):
    """The first account."""

    token = forms.CharField(
        label=_("Set-up token"),
        max_length=200,
        help_text=_("It ends the address that the console shows: what stands after the #."),
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=30,
        help_text=_("3 to 30 letters, digits, hyphens or underscores."),
        widget=forms.TextInput(attrs={"autocomplete": "username", **_PLAIN}),
    )
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        help_text=_("At least 8 characters; a sentence is good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("Password again"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("The two passwords differ."))
        return again


class FirstLibraryForm(forms.Form):
    name = forms.CharField(label=_("Name of the library"), max_length=255, initial=FILMS)
    path = forms.CharField(
        label=_("Folder with your films"),
        max_length=4096,
        help_text=_("The whole path as the server sees it. Folders below it are searched too."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "/srv/films", **_PLAIN}
        ),
    )
