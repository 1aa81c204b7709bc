"""Drops that wait for the transaction of the change."""

from dataclasses import dataclass, field
from typing import Final

from django.db import connection, transaction

from apps.core.cache.drops import Drop
from apps.core.cache.listener import drop_now

PENDING: Final[dict[int, None]] = {}
"""Not empty while the transaction of some thread will drop something."""


def drop_on_commit(drop: Drop) -> None:
    """When the open transaction commits, or now if none is open.

    Until then this thread reads past the cache: what its transaction sees is nobody else's yet.
    """
    if connection.in_atomic_block:
        transaction.on_commit(_Pending(drop))
    else:
        drop_now(drop)


def is_pending(name: str, identifier: str, tags: tuple[str, ...]) -> bool:
    """Whether this thread's transaction will drop the value."""
    return any(
        isinstance(hook[1], _Pending) and hook[1].drop.concerns(name, identifier, tags)
        for hook in connection.run_on_commit
    )


@dataclass(eq=False)
class _Pending:
    """Lives in the connection's list of hooks, and is gone with it after a rollback."""

    drop: Drop
    _key: int = field(init=False)

    def __post_init__(self) -> None:
        self._key = id(self)
        PENDING[self._key] = None

    def __call__(self) -> None:
        drop_now(self.drop)

    def __del__(self) -> None:
        PENDING.pop(self._key, None)
