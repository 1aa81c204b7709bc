from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.authn.passwords import MOST
from apps.users.models import User

_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


def _password(label: Any, *, new: bool, help_text: Any = "") -> forms.CharField:  # noqa: ANN401  (lazy texts)
    kind = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        max_length=MOST,
        strip=False,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": kind}),
    )


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, **_PLAIN},
        ),
    )
    password = _password(_("Password"), new=False)


class StepUpForm(forms.Form):
    password = _password(_("Password"), new=False)


class _TwiceForm(forms.Form):
    """The new password is typed twice, because nobody sees it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = "new_password" if "new_password" in self.fields else "password"
        if {name, "again"} <= cleaned.keys() and cleaned[name] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned


class RegisterForm(_TwiceForm):
    username = forms.CharField(
        label=_("User name"),
        validators=User._meta.get_field("username").validators,  # noqa: SLF001  (public API)
        help_text=_("3 to 30 letters, digits, hyphens or underscores."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, **_PLAIN}),
    )
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = _password(
        _("Password"), new=True, help_text=_("At least 8 characters; a sentence is good.")
    )
    again = _password(_("Password again"), new=True)


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class CodeForm(forms.Form):
    token = forms.CharField(
        label=_("Code"),
        max_length=200,
        help_text=_("From the mail. Who follows its link finds it here already."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", **_PLAIN}),
    )


class NewPasswordForm(_TwiceForm, CodeForm):
    new_password = _password(
        _("New password"), new=True, help_text=_("At least 8 characters; a sentence is good.")
    )
    again = _password(_("New password again"), new=True)


class PasswordForm(_TwiceForm):
    old_password = _password(_("Old password"), new=False)
    new_password = _password(
        _("New password"), new=True, help_text=_("At least 8 characters; a sentence is good.")
    )
    again = _password(_("New password again"), new=True)
