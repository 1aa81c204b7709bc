"""Jobs carry what they belong to, and workers and beat tell that they live."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from celery.signals import (
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_ready,
)
from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from apps.core import context

QUEUES = ("critical", "high", "default", "low", "bulk")
HEARTBEAT_SECONDS = 30.0
LOST_AFTER_SECONDS = 4 * HEARTBEAT_SECONDS
BEAT = "beat"
BEAT_KEY = "core:jobs:beat"
_SENT_AT = "sent_at"
_HEARD = "heard"
_FORGOTTEN_AFTER = 24 * 3600


@dataclass(frozen=True)
class Queue:
    """`oldest_seconds`: how long the job that is next has waited; None for an empty queue."""

    name: str
    size: int
    oldest_seconds: float | None


def queues() -> list[Queue]:
    """What waits at the broker. Raises RedisError when it is away."""
    pipeline = get_redis_connection("default").pipeline(transaction=False)
    for name in QUEUES:
        pipeline.llen(_key(name)).lindex(_key(name), -1)
    found = pipeline.execute()
    return [
        Queue(name, size, _waited(oldest))
        for name, size, oldest in zip(QUEUES, found[::2], found[1::2], strict=True)
    ]


def _key(name: str) -> str:
    """Broker and cache are one server; kombu would open connections of its own to it."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{name}"


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
    """When each worker, and beat, was last heard: name → Unix time. Raises RedisError."""
    client = get_redis_connection("default")
    found = client.hgetall(_key(_HEARD))
    heard = {name.decode(): float(when) for name, when in found.items()}
    gone = [name for name, when in heard.items() if time.time() - when > _FORGOTTEN_AFTER]
    if gone:
        client.hdel(_key(_HEARD), *gone)
    tick = cache.get(BEAT_KEY)
    ticked = {} if tick is None else {BEAT: float(tick)}
    return ticked | {name: when for name, when in heard.items() if name not in gone}


def begin() -> None:
    before_task_publish.connect(_send_along)
    task_prerun.connect(_job_begins)
    task_postrun.connect(_job_ends)
    worker_ready.connect(_worker_is_ready)


def _send_along(headers: dict[str, Any], **_: Any) -> None:
    # What the outbox sends later has its own already.
    headers.setdefault("request_id", context.current_request_id.get())
    headers.setdefault(_SENT_AT, time.time())


def beat_heard(task: Any) -> None:  # noqa: ANN401  (the job that beat sends most often)
    """Note when beat sent the job that runs."""
    sent_at = getattr(task.request, _SENT_AT, None)
    if sent_at is not None:
        cache.set(BEAT_KEY, sent_at, timeout=_FORGOTTEN_AFTER)


def _job_begins(task_id: str, task: Any, **_: Any) -> None:  # noqa: ANN401
    request_id = getattr(task.request, "request_id", None) or ""
    context.job_begins(job_id=task_id, task=task.name, request_id=request_id)


def _job_ends(**_: Any) -> None:
    context.job_ends()


def _worker_is_ready(sender: Any, **_: Any) -> None:  # noqa: ANN401  (Celery's consumer)
    sender.timer.call_repeatedly(HEARTBEAT_SECONDS, _tell, (sender,))
    _tell(sender)


def _tell(consumer: Any) -> None:  # noqa: ANN401
    # Over the connection that the worker has anyway: another would cost a megabyte.
    try:
        client = consumer.connection.default_channel.client
        client.hset(_HEARD, consumer.hostname, time.time())  # it adds the prefix to the key
    except (RedisError, OSError):
        return  # nobody is heard without the broker, which the report says
