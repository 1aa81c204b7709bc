"""What happens while the server is away: calls fail at once instead of each waiting for it."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ServerConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as ServerTimeoutError
from redis.retry import Retry

T = TypeVar("T")

OPEN_SECONDS = 0.5
# Of these redis-py knows no more than that they are errors. https://valkey.io/topics/protocol/
_REFUSALS: Final = re.compile(r"\b(MISCONF|NOREPLICAS|MASTERDOWN)\b")
_FAILURES = (ServerConnectionError, ServerTimeoutError)


class ServerAwayError(ServerConnectionError):
    """The server did not answer a moment ago and was not asked again."""


class ServerRefusesError(ServerConnectionError):
    """The server takes nothing as long as its disk is full or its replicas are gone."""


class Attempts(Retry):
    """One attempt and `retries` more; what the server refuses fails as if it were away."""

    def __init__(self, *, retries: int = 0) -> None:
        super().__init__(NoBackoff(), retries, (ServerConnectionError,))

    def call_with_retry(self, do: Callable[[], T], *args: Any, **options: Any) -> T:
        try:
            return super().call_with_retry(do, *args, **options)
        except ResponseError as error:
            if _REFUSALS.search(str(error)):
                raise ServerRefusesError(str(error)) from error
            raise


class CircuitBreaker(Attempts):
    """redis-py asks its `Retry` before every connection and every command.

    A lost connection is replaced once. After a failure the circuit is open: no call reaches the
    server for OPEN_SECONDS; then one thread may try, and its success closes the circuit.
    """

    def __init__(self) -> None:
        super().__init__(retries=1)
        self._lock = threading.Lock()
        self._open_until = 0.0
        self._prober = 0

    def __deepcopy__(self, _memo: object) -> "CircuitBreaker":
        """Every connection has the same one, and with it the same state."""
        return self

    def call_with_retry(self, do: Callable[[], T], *args: Any, **options: Any) -> T:
        if self._open_until:
            self._admit_one()
        try:
            result = super().call_with_retry(do, *args, **options)
        except _FAILURES:
            self._set(time.monotonic() + OPEN_SECONDS)
            raise
        except ResponseError:  # an answer too
            self._set(0.0)
            raise
        if self._open_until:
            self._set(0.0)
        return result

    def guard(self, call: Callable[[], T]) -> T:
        """The same for a client that takes no `Retry`."""
        return self.call_with_retry(call, _give_up)

    def _admit_one(self) -> None:
        thread = threading.get_ident()
        with self._lock:
            if self._prober == thread:
                return  # its command connects first, and that asks too
            now = time.monotonic()
            if now < self._open_until:
                raise ServerAwayError("the server does not answer")
            self._prober, self._open_until = thread, now + OPEN_SECONDS

    def _set(self, open_until: float) -> None:
        with self._lock:
            self._prober, self._open_until = 0, open_until


def _give_up(error: Exception) -> None:
    raise error
