from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.apikeys.models import ApiKey, Scope
from apps.apikeys.services import MAX_RANGES
from apps.core.api.serializers import RowOutput


@extend_schema_serializer(component_name="CreateAPIKey")
class KeyCreateInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(
        max_length=1000, required=False, default="", allow_blank=True
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=10
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    address_ranges = serializers.ListField(
        child=serializers.CharField(max_length=43),
        required=False,
        default=list,
        max_length=MAX_RANGES,
        help_text="Addresses or networks (CIDR) that may use it; everybody when empty.",
    )


@extend_schema_serializer(component_name="APIKeyInfo")
class KeyOutput(RowOutput[ApiKey]):
    key_prefix = serializers.CharField(source="prefix")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    is_active = serializers.BooleanField()
    address_ranges = serializers.ListField(child=serializers.CharField())

    nullable = ("description", "expires_at", "last_used_at")

    class Meta:
        model = ApiKey
        fields = (
            "id", "user_id", "name", "description", "key_prefix", "scopes", "is_active",
            "address_ranges", "expires_at", "last_used_at", "created_at", "updated_at",
        )  # fmt: skip


@extend_schema_serializer(component_name="APIKeyListResponse")
class KeyListOutput(serializers.Serializer[Any]):
    keys = KeyOutput(many=True)
    total = serializers.IntegerField()


@extend_schema_serializer(component_name="CreateAPIKeyResponse")
class KeyCreateOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="row.id")
    name = serializers.CharField(source="row.name")
    key_prefix = serializers.CharField(source="row.prefix")
    scopes = serializers.ListField(child=serializers.CharField(), source="row.scopes")
    created_at = serializers.DateTimeField(source="row.created_at")
    api_key = serializers.CharField(source="key")
    message = serializers.CharField()
