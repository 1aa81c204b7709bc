from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.authn.api.serializers import RefreshInput, TokenPairOutput
from apps.authn.models import DeviceSession
from apps.core.agents import device_name
from apps.core.api.serializers import RowOutput


@extend_schema_serializer(component_name="SessionInfo")
class SessionOutput(RowOutput[DeviceSession]):
    """`context["current"]` is the id of the caller's own session."""

    device_name = serializers.SerializerMethodField()
    ip_address = serializers.SerializerMethodField(help_text="Of the last use.")
    last_activity_at = serializers.DateTimeField(source="last_active_at")
    is_active = serializers.SerializerMethodField()
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = DeviceSession
        fields = (
            "id", "device_name", "ip_address", "user_agent", "created_at", "last_activity_at",
            "expires_at", "is_active", "is_current",
        )  # fmt: skip

    def get_device_name(self, session: DeviceSession) -> str:
        return device_name(session.device_name, session.user_agent)

    def get_ip_address(self, session: DeviceSession) -> str:
        return session.ip_address or ""

    def get_is_active(self, session: DeviceSession) -> bool:
        return session.ended_at is None

    def get_is_current(self, session: DeviceSession) -> bool:
        return bool(session.pk == self.context["current"])


@extend_schema_serializer(component_name="SessionListResponse")
class SessionListOutput(serializers.Serializer[Any]):
    sessions = SessionOutput(many=True)
    total = serializers.IntegerField()


class SessionsEndQuery(serializers.Serializer[Any]):
    include_current = serializers.BooleanField(default=False)


@extend_schema_serializer(component_name="RefreshSession")
class RefreshSessionInput(RefreshInput):
    pass


@extend_schema_serializer(component_name="RefreshSessionResponse")
class RefreshSessionOutput(TokenPairOutput):
    pass
