"""The connections of this process' pool, told when a request or job has given its own back."""

from typing import Any

from celery.signals import task_postrun, worker_init
from django.core.signals import request_finished

from apps.core.db import pool
from apps.core.metrics import DB_POOL_CONNECTIONS, DB_POOL_WAITING


def pool_observe(**_: Any) -> None:
    stats = pool.stats()
    if stats is None:
        return
    DB_POOL_CONNECTIONS.labels("idle").set(stats.idle)
    DB_POOL_CONNECTIONS.labels("used").set(stats.in_use)
    DB_POOL_WAITING.set(stats.waiting)


def begin() -> None:
    request_finished.connect(pool_observe)
    worker_init.connect(_begin_worker)


def _begin_worker(**_: Any) -> None:
    # Not before: Celery's own receiver, which gives the connection back, has to be the first.
    task_postrun.connect(pool_observe)
