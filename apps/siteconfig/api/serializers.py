from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.siteconfig.declaring import DataType

_KINDS = ("string", "number", "boolean")


@extend_schema_field(
    {
        "oneOf": [
            *({"type": kind} for kind in _KINDS),
            {"type": "object", "additionalProperties": {}},
        ]
    }
)
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """Whatever JSON it is: the service checks it."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401
        return data

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401
        return value


@extend_schema_serializer(component_name="SettingValue")
class SettingInput(serializers.Serializer[Any]):
    value = ValueField()


class _SettingOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    value = ValueField()
    description = serializers.CharField(required=False)
    category = serializers.CharField(required=False)
    data_type = serializers.ChoiceField(choices=[kind.value for kind in DataType])

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value != "" or name == "value"}


@extend_schema_serializer(component_name="ServerSetting")
class ServerSettingOutput(_SettingOutput):
    is_secret = serializers.BooleanField(required=False)
    is_public = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="UserSetting")
class UserSettingOutput(_SettingOutput):
    user_id = serializers.UUIDField()
    description = serializers.CharField(required=False, help_text="Of server settings only.")
