"""The process's pool of connections to PostgreSQL.

psycopg's, but that nobody waits for what is known: who waits for a connection hears at once that
PostgreSQL cannot be reached, and after its restart one dead connection gives up all of them.
"""

import logging
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from apps.core import metrics

logger = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Connections of this process, threads that wait for one, and what was since its start."""

    maximum: int
    open: int
    idle: int
    waiting: int
    requests: int
    refused: int

    @property
    def in_use(self) -> int:
        return self.open - self.idle


class Pool(ConnectionPool[Connection]):
    """`max_size` is never passed; who gets none within `timeout` seconds gets PoolTimeout, and
    TooManyRequests at once when `max_waiting` wait already."""

    def __init__(self, **options: Any) -> None:
        # Failed attempts are not repeated in the background, where the delay between them grows
        # to minutes: the next one who needs a connection tries again.
        super().__init__(open=False, check=self._usable, reconnect_timeout=0, **options)
        self._failure: Exception | None = None

    def getconn(self, timeout: float | None = None) -> Connection:
        """Raises psycopg.OperationalError when PostgreSQL cannot be reached."""
        try:
            return super().getconn(timeout)
        except (PoolTimeout, TooManyRequests) as error:
            # With room for another connection, none could be made in time.
            if self._failure is not None or self._nconns < self._max_size:
                raise _unreachable(self._failure or error) from error
            metrics.DB_POOL_EXHAUSTED.inc()
            raise

    def reconnect_failed(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        for client in waiting:
            client.fail(_unreachable(self._failure))

    def figures(self) -> PoolStats:
        found = self.get_stats()
        return PoolStats(
            maximum=found["pool_max"],
            open=found["pool_size"],
            idle=found["pool_available"],
            waiting=found["requests_waiting"],
            requests=found.get("requests_num", 0),
            refused=found.get("requests_errors", 0),
        )

    def _connect(self, timeout: float | None = None) -> Connection:
        try:
            connected = super()._connect(timeout)
        except Exception as error:
            if self._failure is None:
                logger.error("PostgreSQL cannot be reached: %s", error)  # noqa: TRY400  (expected)
            self._failure = error
            raise
        if self._failure is not None:
            logger.warning("PostgreSQL answers again")
            self._failure = None
        return connected

    def _usable(self, candidate: Connection) -> None:
        try:
            self.check_connection(candidate)
        except psycopg.Error:
            # Made after the others were last given up, it is the first to tell that they are dead.
            if candidate._created_at > self._drained_at:  # noqa: SLF001  (the pool's own mark)
                self.drain()
            raise


pools: dict[str, Pool] = {}
"""Of this process, by the alias of the database."""


def stats() -> PoolStats | None:
    """Of this process; None before its first statement, and without a pool."""
    pool = pools.get(connection.alias)
    return pool.figures() if pool is not None and not pool.closed else None


def release() -> None:
    """Give this thread's connection back before a wait for something else; its next statement gets
    another. Within a transaction it is kept."""
    if not connection.in_atomic_block:
        connection.close()


def _unreachable(failure: Exception | None) -> psycopg.OperationalError:
    return psycopg.OperationalError(f"PostgreSQL cannot be reached: {failure}")
