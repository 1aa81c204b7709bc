"""What a role may allow: every permission that the server checks, as `resource:action`."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    MOVIES_LIST = "movies:list"
    MOVIES_GET = "movies:get"
    MOVIES_UPDATE = "movies:update"
    LIBRARIES_LIST = "libraries:list"
    LIBRARIES_GET = "libraries:get"
    LIBRARIES_UPDATE = "libraries:update"
    LIBRARIES_SCAN = "libraries:scan"
    PLAYBACK_STREAM = "playback:stream"
    PLAYBACK_PROGRESS = "playback:progress"
    PROFILE_UPDATE = "profile:update"
    USERS_LIST = "users:list"
    USERS_GET = "users:get"
    USERS_UPDATE = "users:update"
    USERS_DELETE = "users:delete"
    SETTINGS_READ = "settings:read"
    SETTINGS_UPDATE = "settings:update"
    AUDIT_READ = "audit:read"


CONSOLE_APP: Final = "console"
"""What `User.has_module_perms` is asked about: whether any page of the admin console is open."""
CONSOLE: Final = frozenset(
    {
        Permission.MOVIES_UPDATE,
        Permission.LIBRARIES_UPDATE,
        Permission.LIBRARIES_SCAN,
        Permission.USERS_LIST,
        Permission.AUDIT_READ,
        Permission.SETTINGS_READ,
    }
)
"""Each opens some pages of the admin console."""


def covers(held: frozenset[str], permission: str) -> bool:
    """Whether it is among those held, by its name or by `resource:*`."""
    return permission in held or f"{permission.partition(':')[0]}:*" in held
