"""Reading the stream. Each call may raise the errors in AWAY."""

import logging
from collections.abc import Iterable
from typing import Final

from apps.core.events.publishing import STREAM
from apps.core.events.types import (
    NOWHERE,
    Entry,
    Event,
    Position,
    position_parse,
    position_text,
)
from apps.core.valkey.interface import Client

logger = logging.getLogger(__name__)

_PIECE: Final = 500
_RawEntries = Iterable[tuple[bytes, dict[bytes, bytes]]]


def latest(server: Client) -> Position:
    """Of the last event; NOWHERE when there is none."""
    found = server.xrevrange(STREAM, count=1)
    return _position(found[0][0]) if found else NOWHERE


def wait_for(server: Client, after: Position, *, milliseconds: int) -> list[Entry]:
    """The events after a position, as soon as there are any; none when the time is over."""
    found = server.xread({STREAM: position_text(after)}, count=_PIECE, block=milliseconds)
    return [entry for _, entries in found for entry in _entries(entries)]


def since(server: Client, position: Position) -> tuple[list[Entry], bool]:
    """The events after a position, and whether these are all: whether the stream still holds the
    one at the position."""
    entries: list[Entry] = []
    raw = server.xrange(STREAM, position_text(position), "+", _PIECE)
    is_complete = bool(raw) and _position(raw[0][0]) == position
    raw = raw[1:] if is_complete else raw
    while raw:
        entries.extend(_entries(raw))
        raw = server.xrange(STREAM, f"({raw[-1][0].decode()}", "+", _PIECE)
    return entries, is_complete


def _entries(raw: _RawEntries) -> Iterable[Entry]:
    for identifier, fields in raw:
        try:
            yield Entry(_position(identifier), Event.parse(fields))
        except (KeyError, ValueError):
            logger.warning("the event %s cannot be read", identifier.decode())


def _position(identifier: bytes) -> Position:
    return position_parse(identifier.decode()) or NOWHERE
