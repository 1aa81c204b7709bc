from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api.serializers import MAX_INT, RowOutput
from apps.users.models import (
    Avatar,
    DigestFrequency,
    Frequency,
    Theme,
    User,
    UserPreferences,
    Visibility,
)
from apps.users.pictures import CONTENT_TYPE, MAX_SIDE, Crop, Side

HIDDEN_EMAIL = "hidden@email.invalid"
"""In place of an address that its owner does not show: the published API has one in every user."""


@extend_schema_serializer(component_name="User")
class UserOutput(RowOutput[User]):
    is_admin = serializers.BooleanField(read_only=True)
    avatar_url = serializers.CharField(read_only=True)
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True)

    optional = ("display_name", "avatar_url", "locale", "timezone", "last_login_at")

    class Meta:
        model = User
        fields = (
            "id", "username", "email", "display_name", "avatar_url", "locale", "timezone",
            "is_active", "is_admin", "email_verified", "created_at", "last_login_at",
        )  # fmt: skip


def public_profile(user: User, preferences: UserPreferences) -> dict[str, Any]:
    """What others see of somebody."""
    row = dict(UserOutput(user).data)
    for name in ("locale", "timezone", "is_admin", "email_verified"):
        row.pop(name, None)
    if not preferences.show_email:
        row["email"] = HIDDEN_EMAIL
    if not preferences.show_activity:
        row.pop("last_login_at", None)
    return row


class UserUpdateInput(serializers.Serializer[Any]):
    email = serializers.EmailField(required=False, max_length=254)
    display_name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    timezone = serializers.CharField(required=False, allow_blank=True, max_length=64)


class AdminUserUpdateInput(UserUpdateInput):
    is_active = serializers.BooleanField(required=False)
    is_admin = serializers.BooleanField(required=False, source="is_superuser")


class AdminUserQuery(serializers.Serializer[Any]):
    query = serializers.CharField(required=False, allow_blank=True, max_length=200)
    is_active = serializers.BooleanField(required=False)
    is_admin = serializers.BooleanField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_INT, default=0)


@extend_schema_serializer(component_name="AdminUserListResponse")
class AdminUserListOutput(serializers.Serializer[Any]):
    users = UserOutput(many=True)
    total = serializers.IntegerField()


class EmailNotifications(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(source="email_enabled", required=False)
    frequency = serializers.ChoiceField(Frequency.choices, source="email_frequency", required=False)


class PushNotifications(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(source="push_enabled", required=False)


class DigestNotifications(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(source="digest_enabled", required=False)
    frequency = serializers.ChoiceField(
        DigestFrequency.choices, source="digest_frequency", required=False
    )


@extend_schema_serializer(component_name="UserPreferencesUpdate")
class PreferencesInput(serializers.Serializer[Any]):
    """The groups of the published shape are columns of one row."""

    email_notifications = EmailNotifications(source="*", required=False)
    push_notifications = PushNotifications(source="*", required=False)
    digest_notifications = DigestNotifications(source="*", required=False)
    profile_visibility = serializers.ChoiceField(Visibility.choices, required=False)
    show_email = serializers.BooleanField(required=False)
    show_activity = serializers.BooleanField(required=False)
    theme = serializers.ChoiceField(Theme.choices, required=False)
    display_language = serializers.CharField(required=False, max_length=35)
    content_language = serializers.CharField(required=False, allow_blank=True, max_length=35)
    metadata_language = serializers.CharField(required=False, allow_blank=True, max_length=35)
    show_adult_content = serializers.BooleanField(required=False)
    show_spoilers = serializers.BooleanField(required=False)
    auto_play_videos = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="UserPreferences")
class PreferencesOutput(PreferencesInput):
    """The theme, the languages and how much others see."""

    user_id = serializers.UUIDField()

    def to_representation(self, instance: UserPreferences) -> dict[str, Any]:
        row = super().to_representation(instance)
        return {name: value for name, value in row.items() if value != ""}


@extend_schema_serializer(component_name="AvatarUpload")
class AvatarInput(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="JPEG, PNG or WebP, at most 2 MiB.")
    crop_x = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SIDE)
    crop_y = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SIDE)
    crop_size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_SIDE,
        help_text="The side of the square to show; without it the middle of the picture.",
    )

    def crop(self) -> Crop | None:
        given = self.validated_data
        if "crop_size" not in given:
            return None
        return Crop(given.get("crop_x", 0), given.get("crop_y", 0), given["crop_size"])


class AvatarQuery(serializers.Serializer[Any]):
    size = serializers.ChoiceField(
        [side.value for side in Side], default=Side.LARGE.value, help_text="Pixels."
    )


@extend_schema_serializer(component_name="Avatar")
class AvatarOutput(RowOutput[Avatar]):
    user_id = serializers.UUIDField(read_only=True)
    file_path = serializers.CharField(source="user.avatar_url", read_only=True)
    mime_type = serializers.SerializerMethodField()
    is_animated = serializers.SerializerMethodField()

    class Meta:
        model = Avatar
        fields = (
            "id", "user_id", "file_path", "file_size_bytes", "mime_type", "width", "height",
            "is_animated", "version", "is_current", "uploaded_at",
        )  # fmt: skip

    def get_mime_type(self, _avatar: Avatar) -> str:
        return CONTENT_TYPE

    def get_is_animated(self, _avatar: Avatar) -> bool:
        return False
