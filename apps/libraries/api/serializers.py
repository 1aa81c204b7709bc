from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api.serializers import RowOutput
from apps.libraries import roots
from apps.libraries.access import GrantLevel
from apps.libraries.models import (
    PUBLIC_STATUSES,
    Library,
    LibraryGrant,
    LibraryScan,
    LibraryType,
    ScanType,
)


@extend_schema_serializer(component_name="LibraryScan")
class ScanOutput(RowOutput[LibraryScan]):
    """Only who looks after the library is told the counts, and who sees all of it the error."""

    status = serializers.ChoiceField(
        choices=PUBLIC_STATUSES, source="public_status", read_only=True
    )

    counted = (
        "items_scanned", "items_added", "items_updated", "items_removed", "error_count",
    )  # fmt: skip
    optional = (*counted, "error_message", "started_at", "completed_at")

    class Meta:
        model = LibraryScan
        fields = (
            "id", "library_id", "scan_type", "status", "items_scanned", "items_added",
            "items_updated", "items_removed", "error_count", "error_message", "started_at",
            "completed_at", "created_at",
        )  # fmt: skip

    def to_representation(self, instance: LibraryScan) -> dict[str, Any]:
        row = super().to_representation(instance)
        untold = set() if instance.tells_counts else set(self.counted)
        if not instance.tells_error:
            untold.add("error_message")
        return {name: value for name, value in row.items() if name not in untold}


@extend_schema_serializer(component_name="Library")
class LibraryOutput(RowOutput[Library]):
    paths = serializers.SerializerMethodField()
    scanner_config = serializers.DictField(read_only=True)
    latest_scan = ScanOutput(read_only=True)

    optional = ("metadata_provider", "preferred_language", "latest_scan")

    class Meta:
        model = Library
        fields = (
            "id", "name", "type", "paths", "enabled", "scan_on_startup", "realtime_monitoring",
            "metadata_provider", "preferred_language", "scanner_config", "latest_scan",
            "created_at", "updated_at",
        )  # fmt: skip

    def get_paths(self, library: Library) -> list[str]:
        return [root.path for root in library.roots.all() if root.removed_at is None]


class _LibraryInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    paths = serializers.ListField(
        child=serializers.CharField(max_length=4096), min_length=1, max_length=roots.MOST_FOLDERS
    )
    enabled = serializers.BooleanField(required=False)
    scan_on_startup = serializers.BooleanField(required=False)
    realtime_monitoring = serializers.BooleanField(required=False)
    metadata_provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    preferred_language = serializers.CharField(required=False, allow_blank=True, max_length=10)
    scanner_config = serializers.DictField(required=False)


@extend_schema_serializer(component_name="CreateLibrary")
class LibraryCreateInput(_LibraryInput):
    type = serializers.ChoiceField(
        choices=LibraryType.choices,
        error_messages={"invalid_choice": _("Only libraries of films can be made so far.")},
    )


@extend_schema_serializer(component_name="UpdateLibrary")
class LibraryUpdateInput(_LibraryInput):
    name = serializers.CharField(max_length=255, required=False)
    paths = serializers.ListField(
        child=serializers.CharField(max_length=4096),
        min_length=1,
        max_length=roots.MOST_FOLDERS,
        required=False,
        help_text="For administrators alone.",
    )


@extend_schema_serializer(component_name="LibraryListResponse")
class LibraryListOutput(serializers.Serializer[Any]):
    libraries = LibraryOutput(many=True)
    total = serializers.IntegerField()


@extend_schema_serializer(component_name="LibraryScanListResponse")
class ScanListOutput(serializers.Serializer[Any]):
    scans = ScanOutput(many=True)
    total = serializers.IntegerField()


@extend_schema_serializer(component_name="LibraryPart")
class _PartOutput(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="Empty where nothing is known.")
    files = serializers.IntegerField()
    size = serializers.IntegerField()


@extend_schema_serializer(component_name="LibraryStatistics")
class LibraryStatisticsOutput(serializers.Serializer[Any]):
    films = serializers.IntegerField()
    unmatched = serializers.IntegerField(help_text="Films not identified of any database.")
    files = serializers.IntegerField()
    size = serializers.IntegerField(help_text="In bytes.")
    duration_seconds = serializers.IntegerField()
    unavailable = serializers.IntegerField(help_text="Files in folders that cannot be read now.")
    broken = serializers.IntegerField(help_text="Files that could not be read.")
    missing = serializers.IntegerField(help_text="Files that are gone, and kept for a while.")
    resolutions = _PartOutput(many=True)
    video_codecs = _PartOutput(many=True)
    dynamic_ranges = _PartOutput(many=True)
    audio_languages = _PartOutput(many=True)
    subtitle_languages = _PartOutput(many=True)


class ScanInput(serializers.Serializer[Any]):
    scan_type = serializers.ChoiceField(choices=ScanType.choices)
    path = serializers.CharField(
        required=False, max_length=4096, help_text="A folder or file to look at, and nothing else."
    )
    paths = serializers.ListField(
        child=serializers.CharField(max_length=4096),
        required=False,
        min_length=1,
        max_length=1000,
        help_text="Several of them.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        one = [given["path"]] if "path" in given else []
        return {**given, "paths": [*one, *given.get("paths", [])]}


@extend_schema_serializer(component_name="LibraryPermission")
class LibraryPermissionOutput(RowOutput[Any]):
    id = serializers.UUIDField(source="public_id")
    library_id = serializers.UUIDField(source="content_object_id")
    permission = serializers.ChoiceField(source="level", choices=GrantLevel.choices)

    class Meta:
        model = LibraryGrant
        fields = ("id", "library_id", "user_id", "permission", "created_at")


@extend_schema_serializer(component_name="LibraryPermissionListResponse")
class LibraryPermissionListOutput(serializers.Serializer[Any]):
    permissions = LibraryPermissionOutput(many=True)
    total = serializers.IntegerField()


class LibraryPermissionQuery(serializers.Serializer[Any]):
    permission = serializers.ChoiceField(choices=GrantLevel.choices)


class LibraryPermissionInput(LibraryPermissionQuery):
    user_id = serializers.UUIDField()
