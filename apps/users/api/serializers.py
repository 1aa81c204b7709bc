from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api.serializers import RowOutput
from apps.users.models import User


@extend_schema_serializer(component_name="User")
class UserOutput(RowOutput[User]):
    is_admin = serializers.BooleanField(read_only=True)
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True)

    optional = ("display_name", "locale", "timezone", "last_login_at")

    class Meta:
        model = User
        fields = (
            "id", "username", "email", "display_name", "locale", "timezone", "is_active",
            "is_admin", "email_verified", "created_at", "last_login_at",
        )  # fmt: skip
