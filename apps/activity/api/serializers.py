from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.activity.models import ActivityEntry
from apps.core.api.serializers import MAX_INT, RowOutput


class Stretch(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_INT, default=0)


class _Boolean(serializers.BooleanField):
    # DRF takes one that an address leaves out for the unticked box of a form.
    default_empty_html = serializers.empty


class EntryQuery(Stretch):
    user_id = serializers.UUIDField(required=False)
    action = serializers.CharField(required=False, max_length=64)
    resource_type = serializers.CharField(required=False, max_length=32)
    resource_id = serializers.UUIDField(required=False)
    success = _Boolean(required=False)
    start_time = serializers.DateTimeField(required=False)
    end_time = serializers.DateTimeField(required=False)


class CountQuery(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=50, default=20)


@extend_schema_serializer(component_name="ActivityLogEntry")
class EntryOutput(RowOutput[ActivityEntry]):
    changes = serializers.DictField(help_text='By field: {"old": …, "new": …}.')
    metadata = serializers.DictField()

    optional = (
        "user_id", "username", "resource_type", "resource_id", "ip_address", "user_agent",
        "error_message",
    )  # fmt: skip

    class Meta:
        model = ActivityEntry
        fields = (
            "id", "user_id", "username", "action", "resource_type", "resource_id", "changes",
            "metadata", "ip_address", "user_agent", "success", "error_message", "created_at",
        )  # fmt: skip


@extend_schema_serializer(component_name="ActivityLogListResponse")
class EntryListOutput(serializers.Serializer[Any]):
    entries = EntryOutput(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField(required=False)
    page_size = serializers.IntegerField(required=False)


@extend_schema_serializer(component_name="ActivityStats")
class StatisticsOutput(serializers.Serializer[Any]):
    total_count = serializers.IntegerField()
    success_count = serializers.IntegerField()
    failed_count = serializers.IntegerField()
    oldest_entry = serializers.DateTimeField(required=False)
    newest_entry = serializers.DateTimeField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}


@extend_schema_serializer(component_name="ActionCount")
class ActionCountOutput(serializers.Serializer[Any]):
    action = serializers.CharField()
    count = serializers.IntegerField()


@extend_schema_serializer(component_name="ActionCountListResponse")
class ActionCountListOutput(serializers.Serializer[Any]):
    actions = ActionCountOutput(many=True)
