"""Transactions with an isolation level, and with another try for those that lost a race."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial, wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

import psycopg
from django.conf import settings
from django.db import connection
from django.db.transaction import atomic, on_commit

from apps.core.db.errors import SerializationError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Isolation(Enum):
    READ_COMMITTED = psycopg.IsolationLevel.READ_COMMITTED
    REPEATABLE_READ = psycopg.IsolationLevel.REPEATABLE_READ
    SERIALIZABLE = psycopg.IsolationLevel.SERIALIZABLE


@dataclass(frozen=True, slots=True)
class Retry:
    """Before try number n + 1, a random pause of up to `base` · 2ⁿ⁻¹ seconds, at most `ceiling`
    ("full jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)."""

    tries: int
    base: float
    ceiling: float

    def pause(self, failed: int) -> float:
        longest = min(self.ceiling, self.base * 2 ** (failed - 1))
        return random.uniform(0, longest)  # noqa: S311  (not a secret)


class transaction:  # noqa: N801  (used like a statement)
    """`with transaction():`, or `@transaction()` over a function.

    Any exception rolls back and is raised on, unchanged. Inside an outer transaction this is a
    savepoint of it: the outer one's isolation holds, and `on_commit` waits for its end; a read-only
    one is no more than a part of it.

    As a decorator, an outermost transaction that loses against another one (SerializationError,
    DeadlockError) is run again, `tries` times in all. The function therefore starts from its
    arguments each time and does nothing outside of the database but by `on_commit`. When the last
    try fails too, its error is raised. What is not given is as the settings say.
    """

    def __init__(
        self,
        *,
        isolation: Isolation = Isolation.READ_COMMITTED,
        read_only: bool = False,
        tries: int | None = None,
        base: float | None = None,
        ceiling: float | None = None,
    ) -> None:
        self._isolation = isolation
        self._read_only = read_only
        self._given = (tries, base, ceiling)
        self._blocks: list[AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        block = self._block()
        block.__enter__()
        self._blocks.append(block)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._blocks.pop().__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if connection.in_atomic_block:
                with self._block():
                    return function(*args, **kwargs)
            return self._run(partial(function, *args, **kwargs))

        return run

    def _run(self, function: Callable[[], R]) -> R:
        failed = 0
        while True:
            committed: list[None] = []
            try:
                with self._block():
                    # The first hook: what fails after it is another hook, and must not bring the
                    # function back.
                    on_commit(partial(committed.append, None))
                    return function()
            except SerializationError as error:
                failed += 1
                retry = self._retry()
                if committed or failed >= retry.tries:
                    raise
                logger.info("a transaction lost against another (%s): again", error.sqlstate)
            time.sleep(retry.pause(failed))

    def _retry(self) -> Retry:
        tries, base, ceiling = self._given
        return Retry(
            tries=settings.DB_RETRY_TRIES if tries is None else tries,
            base=settings.DB_RETRY_BASE if base is None else base,
            ceiling=settings.DB_RETRY_CEILING if ceiling is None else ceiling,
        )

    @contextmanager
    def _block(self) -> Iterator[None]:
        if not connection.in_atomic_block:
            with self._modes(), atomic():
                yield
        elif self._read_only:
            yield
        else:
            with atomic():
                yield

    @contextmanager
    def _modes(self) -> Iterator[None]:
        """They are the driver's, and go out with its BEGIN."""
        if self._isolation is Isolation.READ_COMMITTED and not self._read_only:
            yield
            return
        connection.ensure_connection()
        driver = connection.connection
        driver.isolation_level, driver.read_only = self._isolation.value, self._read_only or None
        try:
            yield
        finally:
            if not driver.closed:
                driver.isolation_level = driver.read_only = None


def consistent_read() -> transaction:
    """Several reads of one state, such as a page of a list and the list's length."""
    return transaction(isolation=Isolation.REPEATABLE_READ, read_only=True)
