"""Jobs carry what they belong to, and workers and beat tell that they live."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from celery import current_app
from celery.signals import (
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_ready,
)
from django.conf import settings
from django_redis import get_redis_connection
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from apps.core import context

QUEUES = ("critical", "high", "default", "low", "bulk")
HEARTBEAT_SECONDS = 30.0
LOST_AFTER_SECONDS = 4 * HEARTBEAT_SECONDS
BEAT = "beat"
_TICK = "core.heartbeat"
_SENT_AT = "sent_at"


@dataclass(frozen=True)
class Queue:
    """`oldest_seconds`: how long the job that is next has waited; None for an empty queue."""

    name: str
    size: int
    oldest_seconds: float | None


def queues() -> list[Queue]:
    """What waits at the broker. Raises what the broker's client raises when it is away."""
    with current_app.connection_for_read(connect_timeout=1.0) as connection:
        client: Any = connection.default_channel.client  # type: ignore[attr-defined]
        pipeline = client.pipeline(transaction=False)
        for name in QUEUES:
            # Of the two commands the client knows only the first one's key, and adds the prefix.
            pipeline.llen(name).lindex(f"{client.global_keyprefix}{name}", -1)
        found = pipeline.execute()
    return [
        Queue(name, size, _waited(oldest))
        for name, size, oldest in zip(QUEUES, found[::2], found[1::2], strict=True)
    ]


def _waited(message: bytes | None) -> float | None:
    if message is None:
        return None
    sent_at = json.loads(message).get("headers", {}).get(_SENT_AT)
    return max(0.0, time.time() - sent_at) if isinstance(sent_at, float) else None


def figures() -> Iterable[Metric]:
    size = GaugeMetricFamily("revenge_jobs_queue_size", "Jobs that wait", labels=["queue"])
    oldest = GaugeMetricFamily(
        "revenge_jobs_queue_oldest_seconds", "How long the next job has waited", labels=["queue"]
    )
    for queue in queues():
        size.add_metric([queue.name], queue.size)
        oldest.add_metric([queue.name], queue.oldest_seconds or 0.0)
    heard = GaugeMetricFamily(
        "revenge_jobs_heard_seconds", "Since a worker or beat was last heard", labels=["process"]
    )
    now = time.time()
    for name, when in last_heard().items():
        heard.add_metric([name], max(0.0, now - when))
    return [size, oldest, heard]


def last_heard() -> dict[str, float]:
    """When each worker, and beat, last told that it lives: name → Unix time. Raises RedisError."""
    found = get_redis_connection("default").hgetall(_heard_key())
    return {name.decode(): float(when) for name, when in found.items()}


def begin() -> None:
    before_task_publish.connect(_send_along)
    task_prerun.connect(_job_begins)
    task_postrun.connect(_job_ends)
    worker_ready.connect(_worker_is_ready)


def _send_along(sender: str, headers: dict[str, Any], **_: Any) -> None:
    # What the outbox sends later has its own already.
    headers.setdefault("request_id", context.current_request_id.get())
    headers.setdefault(_SENT_AT, time.time())
    if sender == _TICK:
        hear(BEAT)


def _job_begins(task_id: str, task: Any, **_: Any) -> None:  # noqa: ANN401
    request_id = getattr(task.request, "request_id", None) or ""
    context.job_begins(job_id=task_id, task=task.name, request_id=request_id)


def _job_ends(**_: Any) -> None:
    context.job_ends()


def _worker_is_ready(sender: Any, **_: Any) -> None:  # noqa: ANN401  (Celery's consumer)
    sender.timer.call_repeatedly(HEARTBEAT_SECONDS, hear, (sender.hostname,))
    hear(sender.hostname)


def hear(name: str) -> None:
    """Tell that `name` lives; forget who has not for a day."""
    try:
        client = get_redis_connection("default")
        client.hset(_heard_key(), name, time.time())
        client.expire(_heard_key(), 24 * 3600)
    except RedisError:
        return  # without the server nobody is heard, which the report says


def _heard_key() -> str:
    return f"{settings.KEY_PREFIX}:core:heard"
