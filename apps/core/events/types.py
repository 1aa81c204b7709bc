"""What an event is, in the stream and as a frame of server-sent events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from django.core.serializers.json import DjangoJSONEncoder

Position = tuple[int, int]
"""Of an entry in the stream: milliseconds and a number, as in its id."""

NOWHERE: Final[Position] = (0, 0)


class Category(StrEnum):
    """What a client may choose from."""

    CONTENT = "content"
    REQUESTS = "requests"
    LIBRARY = "library"
    USER = "user"
    AUTH = "auth"
    PLAYBACK = "playback"
    SYSTEM = "system"


class EventType(StrEnum):
    """The base of an app's own types: `category.thing.what happened`."""

    @property
    def category(self) -> Category:
        return Category(self.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Event:
    type: str
    category: Category
    topics: frozenset[str]
    """Whoever hears one of these is told. Administrators are told everything."""
    data: str
    """A JSON object, on one line."""

    @classmethod
    def of(cls, kind: EventType, data: Mapping[str, Any], topics: frozenset[str]) -> Self:
        return cls(kind.value, kind.category, topics, json.dumps(data, cls=DjangoJSONEncoder))

    def fields(self) -> dict[str, str]:
        """For an entry of the stream."""
        topics = " ".join(sorted(self.topics))
        return {"type": self.type, "topics": topics, "data": self.data}

    @classmethod
    def parse(cls, fields: Mapping[bytes, bytes]) -> Self:
        """Raises KeyError and ValueError for what another version of the server wrote."""
        kind = fields[b"type"].decode()
        category = Category(kind.partition(".")[0])
        topics = frozenset(fields[b"topics"].decode().split())
        return cls(kind, category, topics, fields[b"data"].decode())


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at its place in the stream."""

    position: Position
    event: Event

    def frame(self) -> bytes:
        event = self.event
        return (
            f"id: {position_text(self.position)}\nevent: {event.type}\ndata: {event.data}\n\n"
        ).encode()


def position_text(position: Position) -> str:
    return f"{position[0]}-{position[1]}"


def position_parse(text: str) -> Position | None:
    """None for what is no id of an entry."""
    milliseconds, _, number = text.partition("-")
    if not (text.isascii() and milliseconds.isdigit() and number.isdigit() and len(text) <= 41):
        return None
    found = int(milliseconds), int(number)
    return found if max(found) < 2**64 else None
