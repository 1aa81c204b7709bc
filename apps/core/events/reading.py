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

_PIECE: Final = 100
"""Fewer than may wait for a client: one burst does not make it slow."""
_RawEntries = Iterable[tuple[bytes, dict[bytes, bytes]]]


def latest(server: Client) -> Position:
    """Of the last event; NOWHERE when there is none."""
    found = server.xrevrange(STREAM, count=1)
    return _position(found[0][0]) if found else NOWHERE


def wait_for(server: Client, after: Position, *, milliseconds: int) -> tuple[Position, list[Entry]]:
    """The events after a position as soon as there are any, none when the time is over; and the
    position that has been read up to, which one that cannot be read may have."""
    found = server.xread({STREAM: position_text(after)}, count=_PIECE, block=milliseconds)
    raw = [entry for _, entries in found for entry in entries]
    return (_position(raw[-1][0]) if raw else after), list(_entries(raw))


def since(server: Client, position: Position, *, most: int) -> list[Entry] | None:
    """The events after a position; None when they are more than that, or when the stream no longer
    holds the one at the position, and so perhaps not all that followed."""
    raw = server.xrange(STREAM, position_text(position), "+", most + 2)
    if not raw or _position(raw[0][0]) != position or len(raw) > most + 1:
        return None
    return list(_entries(raw[1:]))


def _entries(raw: _RawEntries) -> Iterable[Entry]:
    for identifier, fields in raw:
        try:
            yield Entry(_position(identifier), Event.parse(fields))
        except (KeyError, ValueError):
            logger.warning("the event %s cannot be read", identifier.decode())


def _position(identifier: bytes) -> Position:
    return position_parse(identifier.decode()) or NOWHERE
