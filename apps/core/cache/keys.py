"""How keys are named, and how long values are kept."""

from typing import Final

from django.conf import settings


class Ttl:
    """Seconds, by what is kept."""

    SEARCH: Final = 30
    SESSION: Final = 30
    API_KEY: Final = 30
    PERMISSION: Final = 30
    USER: Final = 60
    LIST: Final = 60
    FACETS: Final = 120
    USER_SETTINGS: Final = 120
    ROLES: Final = 300
    SERVER_SETTINGS: Final = 300
    MOVIE: Final = 300
    LIBRARY: Final = 600
    DEFAULT: Final = 900
    DAY: Final = 86400


ROOT: Final = f"{settings.KEY_PREFIX}:cache:"
CHANNEL: Final = f"{settings.KEY_PREFIX}:cache-drops"


def key(service: str, entity: str, identifier: str) -> str:
    """`{service}:{entity}:{id}`, below the server's own prefix."""
    return f"{ROOT}{service}:{entity}:{identifier}"


def lease_key(value_key: str) -> str:
    """Who computes the value. The braces put it into the value's slot of a cluster."""
    return f"{{{value_key}}}:lease"


def glob_escaped(text: str) -> str:
    """The text as a pattern of SCAN that matches nothing else."""
    return "".join(f"\\{char}" if char in "*?[]\\^-" else char for char in text)
