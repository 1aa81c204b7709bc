"""What this app itself knows of a person."""

from collections.abc import Iterator
from pathlib import Path

from apps.activity.models import ActivityEntry
from apps.users import avatars, exporting, preferences
from apps.users.exporting import Rows
from apps.users.models import User
from apps.users.pictures import Side


def profile(user: User) -> Rows:
    row = User.objects.get(pk=user.pk)
    yield exporting.columns(row, "password") | {"roles": [group.name for group in row.groups.all()]}


def preferences_rows(user: User) -> Rows:
    yield exporting.columns(preferences.preferences_of(user))


def activity(user: User) -> Rows:
    entries = ActivityEntry.objects.filter(user_id=user.pk)
    return exporting.rows(
        entries, "created_at", "action", "resource_type", "resource_id", "changes", "metadata",
        "ip_address", "user_agent", "success", "error_message",
    )  # fmt: skip


def avatar(user: User) -> Iterator[Path]:
    path = avatars.path_of(user, user.avatar_version, Side.LARGE)
    if user.avatar_version and path.exists():
        yield path


def register() -> None:
    exporting.register("profile", profile)
    exporting.register("preferences", preferences_rows)
    exporting.register("activity", activity)
    exporting.register_files(avatar)
