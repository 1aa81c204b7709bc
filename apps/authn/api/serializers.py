from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.authn.passwords import MOST
from apps.users.api.serializers import UserOutput
from apps.users.models import USERNAME_PATTERN


@extend_schema_serializer(component_name="Login")
class LoginInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=MOST, trim_whitespace=False)
    device_name = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True
    )


@extend_schema_serializer(component_name="Refresh")
class RefreshInput(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=200)


@extend_schema_serializer(component_name="Logout")
class LogoutInput(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=200, required=False)
    logout_all = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(component_name="RefreshResponse")
class TokenPairOutput(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")


@extend_schema_serializer(component_name="LoginResponse")
class LoginOutput(TokenPairOutput):
    user = UserOutput()


class _NewPassword(serializers.CharField):
    """How good it is, the validators say."""

    def __init__(self) -> None:
        super().__init__(min_length=8, max_length=MOST, trim_whitespace=False)


@extend_schema_serializer(component_name="Register")
class RegisterInput(serializers.Serializer[Any]):
    username = serializers.RegexField(rf"^{USERNAME_PATTERN}\Z", min_length=3, max_length=30)
    email = serializers.EmailField(max_length=254)
    password = _NewPassword()
    display_name = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True
    )


@extend_schema_serializer(component_name="VerifyEmail")
class VerifyEmailInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)


@extend_schema_serializer(component_name="ForgotPassword")
class ForgotPasswordInput(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


@extend_schema_serializer(component_name="ResetPassword")
class ResetPasswordInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    new_password = _NewPassword()


@extend_schema_serializer(component_name="ChangePassword")
class ChangePasswordInput(serializers.Serializer[Any]):
    old_password = serializers.CharField(max_length=MOST, trim_whitespace=False)
    new_password = _NewPassword()


@extend_schema_serializer(component_name="StepUp")
class StepUpInput(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=MOST, trim_whitespace=False, required=False)
    code = serializers.CharField(max_length=64, required=False)
    method = serializers.CharField(max_length=32, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("code", "method"):
            if name in attrs:
                message = _("This server knows no second factor yet: give the password.")
                raise serializers.ValidationError({name: [message]})
        if "password" not in attrs:
            raise serializers.ValidationError({"password": [_("This field is required.")]})
        return attrs
