"""What the watcher says of itself, for the administrators' report."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps.core.cache.keys import Ttl
from apps.core.cache.numbers import Versioned

HEARTBEAT_SECONDS: Final = 30.0
LOST_AFTER_SECONDS: Final = 4 * HEARTBEAT_SECONDS


class Mode(StrEnum):
    STARTING = "starting"
    WATCHED = "watched"
    POLLED = "polled"
    PARTLY = "partly"
    """Watched, and polled for what is not."""
    AWAY = "away"


class Reason(StrEnum):
    NONE = ""
    FILE_SYSTEM = "file_system"
    WATCH_LIMIT = "watch_limit"
    INSTANCE_LIMIT = "instance_limit"
    UNREADABLE = "unreadable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RootState:
    """`detail` is the file system's type, the folder that cannot be read, or the error; `number`
    is the limit that would do."""

    mode: Mode = Mode.STARTING
    reason: Reason = Reason.NONE
    detail: str = ""
    number: int = 0


_STATES: Versioned[dict[uuid.UUID, RootState]] = Versioned("libraries", "watcher", ttl=Ttl.DAY)
_NAME: Final = "states"


def tell(states: Mapping[uuid.UUID, RootState]) -> None:
    """By the root's id. Lost while the server of the cache is away, until the next time."""
    _STATES.put(_NAME, dict(states), time.time())


def heard() -> tuple[float, dict[uuid.UUID, RootState]] | None:
    """How many seconds ago the watcher was heard, and what it said; None for never."""
    found = _STATES.get(_NAME)
    return None if found is None else (max(0.0, time.time() - found[0]), found[1])
