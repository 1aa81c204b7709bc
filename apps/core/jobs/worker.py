"""A worker's beginning and end."""

import logging
import threading
from typing import TYPE_CHECKING, Any, cast

from celery.signals import worker_ready, worker_shutting_down
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from apps.core.jobs import messages, outbox

if TYPE_CHECKING:
    from celery.worker.consumer import Consumer
    from django.db.backends.postgresql.base import DatabaseWrapper

logger = logging.getLogger(__name__)

stopping = threading.Event()
"""Set when this worker is to stop: long jobs put themselves back."""


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stopping.set()


@worker_ready.connect
def _recover(sender: "Consumer", **_: Any) -> None:
    """Go on with what this worker ran when it was killed, at once and not when its leases end."""
    try:
        messages.release_dead(sender.hostname)
        outbox.sweep()
    except DatabaseError:
        logger.warning("the database is away: what was left over waits for the sweep")
    finally:
        # Processes that are forked from this one must not find its pool.
        connection.close()
        cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).close_pool()
