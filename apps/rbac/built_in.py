"""The roles that every server has. Who is administrator (`User.is_admin`) has the role `admin`,
which may do everything and needs no permissions."""

from dataclasses import dataclass
from typing import Final

from apps.users.services import DEFAULT_ROLE

ADMIN: Final = "admin"
MODERATOR: Final = "moderator"
USER: Final = DEFAULT_ROLE
GUEST: Final = "guest"


@dataclass(frozen=True, slots=True)
class BuiltIn:
    description: str
    permissions: tuple[str, ...]


ROLES: Final[dict[str, BuiltIn]] = {
    ADMIN: BuiltIn("May do everything.", ()),
    MODERATOR: BuiltIn(
        "Looks after people, films and requests.",
        (
            *("users:list", "users:get", "users:update"),
            "movies:*",
            *("libraries:list", "libraries:get", "libraries:update", "libraries:scan"),
            *("requests:*", "audit:read"),
            *("integrations:list", "integrations:get", "integrations:sync"),
            *("notifications:*", "settings:read", "playback:*"),
        ),
    ),
    USER: BuiltIn(
        "Watches films and asks for new ones.",
        (
            *("movies:list", "movies:get", "libraries:list", "libraries:get"),
            *("playback:stream", "playback:progress"),
            *("requests:list", "requests:get", "requests:create", "profile:*"),
        ),
    ),
    GUEST: BuiltIn(
        "Watches films, without a history.",
        ("movies:list", "movies:get", "libraries:list", "libraries:get", "playback:stream"),
    ),
}
