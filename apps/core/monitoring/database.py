"""The connections of this process' pool, told when a request or job has given its own back."""

from typing import Any

from celery.signals import task_postrun, worker_init
from django.core.signals import request_finished
from django.db import connection

from apps.core.metrics import DB_POOL_CONNECTIONS, DB_POOL_WAITING


def pool_observe(**_: Any) -> None:
    pool = connection._connection_pools.get(connection.alias)  # type: ignore[attr-defined]  # noqa: SLF001
    if pool is None:
        return
    stats = pool.get_stats()
    idle = stats["pool_available"]
    DB_POOL_CONNECTIONS.labels("idle").set(idle)
    DB_POOL_CONNECTIONS.labels("used").set(stats["pool_size"] - idle)
    DB_POOL_WAITING.set(stats.get("requests_waiting", 0))


def begin() -> None:
    request_finished.connect(pool_observe)
    worker_init.connect(_begin_worker)


def _begin_worker(**_: Any) -> None:
    # Not before: Celery's own receiver, which gives the connection back, has to be the first.
    task_postrun.connect(pool_observe)
