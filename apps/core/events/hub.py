"""One thread a process reads the stream and hands each event to the connections that want it.

It runs as long as somebody listens. Now and then it asks whether those who listen still may.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import OperationalError, connection

from apps.core import metrics
from apps.core.errors import TooManyAttemptsError
from apps.core.events import reading
from apps.core.events.connections import PAUSED, RESET, Connection, Subscription
from apps.core.events.types import Entry, Position
from apps.core.valkey.clients import AWAY, client, subscriber
from apps.core.valkey.interface import Client

logger = logging.getLogger(__name__)

CONNECTIONS_PER_USER: Final = 20
KEEPALIVE_SECONDS: Final = 30.0
RENEWED_SECONDS: Final = 3.0
RESUMED_MOST: Final = 1000
"""Who has missed more events than these reads anew what they are about: that is less work."""
_BLOCK_MILLISECONDS: Final = 500  # less than the time limit of the client's socket
_RETRY_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Missed:
    """What happened before a connection was there."""

    until: Position
    entries: tuple[Entry, ...] = ()
    is_complete: bool = True


class Hub:
    def __init__(self, *, keepalive_seconds: float = KEEPALIVE_SECONDS) -> None:
        self.keepalive_seconds = keepalive_seconds
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._thread: threading.Thread | None = None
        self._position: Position | None = None
        self._is_away = False
        self._settled = threading.Event()
        """The stream is read from some position on, or its server is known to be away."""

    @contextmanager
    def joined(self, subscription: Subscription) -> Iterator[Connection]:
        """A connection that hears what happens from now on. Raises TooManyAttemptsError."""
        made = Connection(subscription)
        with self._lock:
            user_id = subscription.hearing.user_id
            own = [each for each in self._connections if each.hearing.user_id == user_id]
            if len(own) >= CONNECTIONS_PER_USER:
                raise TooManyAttemptsError("Too many connections listen to events already")
            self._connections.add(made)
            if self._thread is None:
                self._settled.clear()
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()
        metrics.EVENTS_CONNECTIONS.inc()
        try:
            yield made
        finally:
            metrics.EVENTS_CONNECTIONS.dec()
            with self._lock:
                self._connections.discard(made)

    def catch_up(self, made: Connection) -> Missed | None:
        """What the connection has missed; None while the server of events is away. Blocks: it is
        not for the event loop."""
        if not self._settled.wait(_PATIENCE_SECONDS):
            return None  # the hub may begin after what is the latest now
        wanted = made.subscription.resumes_after
        try:
            latest = reading.latest(client())  # before the look, so that nothing falls between
            if wanted is None:
                return Missed(latest)
            entries = reading.since(client(), wanted, most=RESUMED_MOST)
        except AWAY:
            return None
        if entries is None:
            return Missed(latest, is_complete=False)
        until = entries[-1].position if entries else wanted
        return Missed(until, tuple(each for each in entries if made.wants(each.event)))

    def _run(self) -> None:
        """Until nobody listens."""
        while self._goes_on():
            try:
                with closing(subscriber()) as server:
                    self._read(server)
            except AWAY as error:
                self._pause(error)
            except Exception:
                logger.exception("events are not told for a moment")
            finally:
                connection.close()
            self._renew_all()
            time.sleep(_RETRY_SECONDS)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._connections:
                return True
            self._thread = self._position = None
            self._is_away = False
            return False

    def _read(self, server: Client) -> None:
        latest = reading.latest(server)
        if self._position is None or latest < self._position:  # or it has lost its stream
            self._position = latest
        if self._is_away:
            logger.info("the server of events is back")
            self._is_away = False
            self._tell(RESET)
        self._settled.set()
        renewed = time.monotonic()
        while self._listening():
            self._position, entries = reading.wait_for(
                server, self._position, milliseconds=_BLOCK_MILLISECONDS
            )
            for each in self._listening() if entries else ():
                each.offer(entries)
            if time.monotonic() - renewed >= RENEWED_SECONDS:
                self._renew_all()
                renewed = time.monotonic()

    def _pause(self, error: Exception) -> None:
        if not self._is_away:  # once an outage
            logger.warning("the server of events is away: %s", error)
            self._is_away = True
            self._tell(PAUSED)
        self._settled.set()

    def _tell(self, frame: bytes) -> None:
        for each in self._listening():
            each.tell(frame)

    def _renew_all(self) -> None:
        """Those whose session or key has ended go, and those of whom that cannot be told; the
        others hear what they may hear by now."""
        try:
            for each in self._listening():
                self._renew(each)
        except OperationalError:
            logger.warning("who listens to events could not be checked; soon again")
        finally:
            connection.close()

    def _renew(self, listening: Connection) -> None:
        try:
            hearing = listening.subscription.renew()
        except OperationalError:  # without it nothing changes for anybody
            raise
        except Exception:  # it must keep no other from being checked
            logger.exception("one who listens to events could not be checked, and goes")
            hearing = None
        if hearing is None:
            listening.end()
        else:
            listening.hearing = hearing

    def _listening(self) -> tuple[Connection, ...]:
        with self._lock:
            return tuple(self._connections)


hub: Final = Hub()
"""The process's."""
