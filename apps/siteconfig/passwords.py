from typing import TYPE_CHECKING

from django.contrib.auth import password_validation

from apps.siteconfig.declared import PASSWORD_MIN_LENGTH

if TYPE_CHECKING:
    from apps.users.models import User


class MinimumLengthValidator:
    """Django's, with the length that the administrator has set."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Raises ValidationError."""
        _with_present_length().validate(password, user)

    def get_help_text(self) -> str:
        return str(_with_present_length().get_help_text())


def _with_present_length() -> password_validation.MinimumLengthValidator:
    return password_validation.MinimumLengthValidator(PASSWORD_MIN_LENGTH.get())
