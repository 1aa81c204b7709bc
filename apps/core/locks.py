"""Locks that all processes share: `with lock("scan", library_id): …`.

redis-py's Lock under `lock:{resource}:{id}`: it belongs to its token, and ends by itself
TTL_SECONDS after its holder has died. While it is held a thread extends it. It is no fence: a
process that stands still for longer than that may come back to find that somebody else has it,
which it learns when it extends or releases. What must never happen twice is kept by the database.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from django.conf import settings
from redis.exceptions import LockError
from redis.lock import Lock as RedisLock

from apps.core.errors import ConflictError, UnavailableError
from apps.core.valkey.clients import AWAY, client

logger = logging.getLogger(__name__)

TTL_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
_TICK_SECONDS: Final = 1.0


class LockTakenError(ConflictError):
    """Somebody else has the lock, and kept it for as long as one was ready to wait."""


class LockLostError(Exception):
    """The lock ended while it was held: somebody else may have done the same work meanwhile."""


class LocksUnavailableError(UnavailableError):
    """Nobody can say who has the lock: the server is away."""


class Lock:
    """One lock. A holder may hand it to another thread, which then extends or releases it."""

    def __init__(self, resource: str, identifier: object, *, ttl: float = TTL_SECONDS) -> None:
        self.name = f"{settings.KEY_PREFIX}:lock:{resource}:{identifier}"
        self.ttl = ttl
        self.extended_at = 0.0
        server = cast("Any", client())  # redis-py's own class
        self._lock = RedisLock(
            server, self.name, timeout=ttl, sleep=_POLL_SECONDS, thread_local=False
        )

    def acquire(self, *, wait: float = 0) -> bool:
        """Whether the caller has it now, after waiting for at most `wait` seconds.

        Raises LocksUnavailableError.
        """
        self.extended_at = time.monotonic()
        try:
            acquired: bool = self._lock.acquire(
                # Its own choice, a UUID of the time, takes as long as a round trip.
                token=secrets.token_hex(16),
                blocking=wait > 0,
                blocking_timeout=wait,
            )
        except AWAY as error:
            raise LocksUnavailableError("The server's locks are not available") from error
        if acquired:
            _keeper.hold(self)
        return acquired

    def extend(self) -> None:
        """Have the whole TTL anew. Raises LockLostError and LocksUnavailableError."""
        begin = time.monotonic()
        try:
            self._lock.reacquire()
        except LockError as error:
            raise LockLostError(self.name) from error
        except AWAY as error:
            raise LocksUnavailableError("The server's locks are not available") from error
        self.extended_at = begin

    def release(self) -> None:
        """Raises LockLostError when it was not the caller's any more; while the server is away it
        ends by itself."""
        _keeper.let_go(self)
        try:
            self._lock.release()
        except LockError as error:
            raise LockLostError(self.name) from error
        except AWAY:
            logger.warning("the lock %s could not be released and ends by itself", self.name)


@contextmanager
def lock(
    resource: str, identifier: object, *, wait: float = 0, required: bool = True
) -> Iterator[Lock | None]:
    """Hold a lock for the block; `wait` is in seconds.

    Raises LockTakenError, LocksUnavailableError, and LockLostError at the block's end. With
    `required=False`, for work that is wasted but not wrong when it is done twice, the block runs
    without the lock instead.
    """
    held = Lock(resource, identifier)
    acquired = _acquired(held, wait=wait, required=required)
    try:
        yield held if acquired else None
    except BaseException:
        if acquired:
            _release(held, required=False)  # the block's own error says more
        raise
    if acquired:
        _release(held, required=required)


def _acquired(held: Lock, *, wait: float, required: bool) -> bool:
    try:
        acquired = held.acquire(wait=wait)
    except LocksUnavailableError:
        if required:
            raise
        return False
    if required and not acquired:
        raise LockTakenError("Somebody else is doing this")
    return acquired


def _release(held: Lock, *, required: bool) -> None:
    try:
        held.release()
    except LockLostError:
        if required:
            raise
        logger.warning("the lock %s was lost", held.name)


class _Keeper:
    """Extends what this process holds, from one thread that lives while something is held."""

    def __init__(self) -> None:
        self._held: dict[int, Lock] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def hold(self, held: Lock) -> None:
        with self._lock:
            self._held[id(held)] = held
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="locks", daemon=True)
                self._thread.start()

    def let_go(self, held: Lock) -> None:
        self._held.pop(id(held), None)

    def _run(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            with self._lock:
                if not self._held:
                    self._thread = None
                    return
            for held in tuple(self._held.values()):
                if time.monotonic() - held.extended_at >= held.ttl / 3:
                    self._extend(held)

    def _extend(self, held: Lock) -> None:
        try:
            held.extend()
        except LocksUnavailableError:
            logger.warning("the lock %s cannot be extended: the server is away", held.name)
        except LockLostError:
            if self._held.pop(id(held), None):
                logger.warning("the lock %s was lost", held.name)


_keeper = _Keeper()


def _after_fork() -> None:
    """What the parent holds is the parent's."""
    global _keeper  # noqa: PLW0603
    _keeper = _Keeper()


os.register_at_fork(after_in_child=_after_fork)
