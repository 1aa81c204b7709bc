"""Telling other processes what is dropped, and hearing it from them.

A thread listens in every process where values live. It starts with the first of them, and again
in a child after a fork. While it has no connection, or the server has been silent for
SILENCE_SECONDS, no value lives in the process.
"""

import logging
import os
import threading
import time
from contextlib import closing
from typing import Any, Final

from apps.core import metrics
from apps.core.cache import keys
from apps.core.cache.drops import Drop, Kind
from apps.core.cache.flights import Flights
from apps.core.cache.local import LocalStore
from apps.core.valkey.clients import AWAY, client, subscriber
from apps.core.valkey.interface import Client

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 2.5
_RETRY_SECONDS: Final = 0.25
_MOST_MISSED: Final = 10_000
"""Drops of an outage; beyond that everything is dropped."""


def drop_now(drop: Drop) -> None:
    """Never fails: while the server is away nothing is read from it either, and it is told before
    this process keeps anything again."""
    drop.apply()
    try:
        drop.send(client())
    except AWAY:
        _listener.remember(drop)
    drop.apply()  # it may have been read anew before the server was told


def is_behind() -> bool:
    """Whether the server holds what this process has dropped: nothing is read from it then."""
    return _listener.is_behind


def join(store: LocalStore) -> None:
    """Let values live in the store as soon as drops are heard of."""
    _listener.join(store)


class _Listener:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._is_connected = False
        self._missed: dict[Drop, object] = {}

    def join(self, store: LocalStore) -> None:
        with self._lock:
            if self._is_connected and store.generation is None:
                store.drop_all(listening=True)
            self._start()

    def remember(self, drop: Drop) -> None:
        """The server did not hear of it, and is told before anything is kept again."""
        with self._lock:
            if not self._missed:  # once an outage
                logger.warning("the cache's server is away: what changes is dropped later")
            elif len(self._missed) >= _MOST_MISSED:
                self._missed, drop = {}, Drop(Kind.EVERYTHING)
            self._missed[drop] = object()
            self._start()

    @property
    def is_behind(self) -> bool:
        return bool(self._missed)

    def end(self) -> None:
        """For good. What lives in the process goes."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="cache-drops", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen(subscriber())
            except AWAY as error:
                if self._is_connected:  # once an outage
                    logger.warning("no values live in this process for a while: %s", error)
            except Exception:
                logger.exception("no values live in this process for a while")
            finally:
                self._set_connected(connected=False)
            self._ended.wait(_RETRY_SECONDS)

    def _listen(self, server: Client) -> None:
        with closing(server), closing(server.pubsub()) as pubsub:
            pubsub.subscribe(keys.CHANNEL)
            ticked = heard = time.monotonic()
            while not self._ended.is_set():
                wait = max(0.0, ticked + TICK_SECONDS - time.monotonic())
                message = pubsub.get_message(timeout=wait)
                now = time.monotonic()
                if message is not None:
                    heard = now
                    self._handle(server, message)
                elif now - heard > SILENCE_SECONDS:
                    raise TimeoutError("the server is silent")
                if self._is_connected:
                    self._tell_missed(server)
                if now - ticked >= TICK_SECONDS:
                    ticked = now
                    pubsub.ping()
                    _tick()

    def _handle(self, server: Client, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._tell_missed(server)
            self._set_connected(connected=True)
        elif message["type"] == "message":
            Drop.parse(message["data"].decode()).apply()

    def _tell_missed(self, server: Client) -> None:
        """A call may fail, and its drop be missed, while this connection stays."""
        for drop, mark in tuple(self._missed.items()):
            drop.send(server)
            with self._lock:
                if self._missed.get(drop) is mark:  # else it was missed once more meanwhile
                    del self._missed[drop]

    def _set_connected(self, *, connected: bool) -> None:
        with self._lock:
            self._is_connected = connected
            for store in LocalStore.every():
                store.drop_all(listening=connected)


def _tick() -> None:
    for store in LocalStore.every():
        if found := store.tick():
            metrics.CACHE_HITS.labels(store.name, "local").inc(found)


_listener = _Listener()


def restart() -> None:
    """In a child after a fork, whose threads and values are the parent's."""
    global _listener  # noqa: PLW0603
    _listener = _Listener()
    for flights in Flights.every():
        flights.after_fork()
    for store in LocalStore.every():
        store.after_fork()


def end() -> None:
    """Stop listening. What lives in the process goes; nothing lives there until `restart`."""
    _listener.end()


os.register_at_fork(after_in_child=restart)
