"""A worker's beginning and end."""

import logging
import mmap
from multiprocessing import process
from typing import TYPE_CHECKING, Any, Final, cast

from celery.signals import (
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from apps.core.jobs import messages, outbox

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

logger = logging.getLogger(__name__)


_OWN: Final = process.current_process()


class Flag:
    """Down at first. Processes that were forked since it was made see it go up."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Anew: what is forked from here on shares it with nobody before."""
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] != 0


stopping = Flag()
"""Set when this worker is to stop: long jobs put themselves back."""


@worker_init.connect
def _begin(**_: Any) -> None:
    stopping.renew()


@worker_process_init.connect
def _may_start_processes(**_: Any) -> None:
    """A scan reads files in processes of its own, which end with it.

    billiard, which has forked this one, has put its own idea of it in place of multiprocessing's:
    a daemon, which may start none, and which cannot be handed to another.
    """
    process._current_process = _OWN  # type: ignore[attr-defined]  # noqa: SLF001


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stopping.set()


@worker_ready.connect
def _recover(**_: Any) -> None:
    """Go on with what this worker ran when it was killed, at once and not when its leases end."""
    try:
        messages.release_dead()
        outbox.sweep()
    except DatabaseError:
        logger.warning("the database is away: what was left over waits for the sweep")
    finally:
        # Processes that are forked from this one must not find its pool.
        connection.close()
        cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).close_pool()
