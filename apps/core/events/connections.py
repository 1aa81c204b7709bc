"""One client that listens: what it wants to hear, what it may hear, and what waits for it."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.core import metrics
from apps.core.events.types import NOWHERE, Category, Entry, Event, Position

WAITING: Final = 256
"""Frames that may wait for a client; one that falls behind further is let go, and resumes."""

PAUSED: Final = b"event: stream.paused\ndata: {}\n\n"
"""The server of events is away."""
RESET: Final = b"event: stream.reset\ndata: {}\n\n"
"""Events may have been missed: what is shown is to be read anew."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What somebody may hear."""

    user_id: UUID
    topics: frozenset[str]
    hears_everything: bool

    def admits(self, event: Event) -> bool:
        return self.hears_everything or not self.topics.isdisjoint(event.topics)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a client asked for. `renew` answers what it may hear by now, None when it has to go; it
    asks the database, and may raise its errors."""

    hearing: Hearing
    renew: Callable[[], Hearing | None]
    categories: frozenset[Category] = frozenset(Category)
    resumes_after: Position | None = None


class Connection:
    """Made in the event loop that serves it; `offer`, `tell` and `end` are called by the hub's
    thread."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.hearing = subscription.hearing
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[tuple[Position, bytes]] = asyncio.Queue(WAITING)
        self._sent = self._passed_over = NOWHERE
        self._has_started = False

    def offer(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if self.wants(entry.event):
                self._call(self._put, entry.position, entry.frame())

    def tell(self, frame: bytes) -> None:
        """What is no event has no place in the stream."""
        self._call(self._put, NOWHERE, frame)

    def end(self) -> None:
        self._call(self.ended.set)

    def wants(self, event: Event) -> bool:
        return event.category in self.subscription.categories and self.hearing.admits(event)

    def starts_after(self, position: Position) -> None:
        """What comes up to here was sent otherwise."""
        self._sent = position
        self._has_started = True
        for _ in range(self._waiting.qsize()):
            self._put(*self._waiting.get_nowait())
        if self._passed_over > position:
            self._let_go()

    async def next_frame(self) -> bytes:
        _position, frame = await self._waiting.get()
        return frame

    def _put(self, position: Position, frame: bytes) -> None:
        if self.ended.is_set() or NOWHERE < position <= self._sent:
            return
        if self._waiting.full():
            if self._has_started:
                self._let_go()
                return
            # The hub may still be at events that the client has missed, and is sent as such.
            self._passed_over, _frame = self._waiting.get_nowait()
        self._waiting.put_nowait((position, frame))

    def _let_go(self) -> None:
        metrics.EVENTS_SLOW.inc()
        self.ended.set()

    def _call(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(call, *arguments)
