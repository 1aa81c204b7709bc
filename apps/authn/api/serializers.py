from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.users.api.serializers import UserOutput


@extend_schema_serializer(component_name="Login")
class LoginInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
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
