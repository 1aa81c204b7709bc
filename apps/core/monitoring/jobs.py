"""What waits, and when workers and beat were last heard."""

import time
from collections.abc import Iterable
from typing import Any

from celery.signals import worker_ready
from django.conf import settings
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.core.jobs import queues, schedules
from apps.core.valkey.clients import AWAY, broker

HEARTBEAT_SECONDS = 30.0
LOST_AFTER_SECONDS = 4 * HEARTBEAT_SECONDS
BEAT = "beat"
_HEARD = "heard"
_FORGOTTEN_AFTER = 24 * 3600


def figures() -> Iterable[Metric]:
    size = GaugeMetricFamily("revenge_jobs_queue_size", "Jobs that wait", labels=["queue"])
    oldest = GaugeMetricFamily(
        "revenge_jobs_queue_oldest_seconds", "How long the first job has waited", labels=["queue"]
    )
    for queue, waiting in queues.waiting().items():
        size.add_metric([queue], waiting.jobs)
        oldest.add_metric([queue], waiting.oldest.total_seconds())
    heard = GaugeMetricFamily(
        "revenge_jobs_heard_seconds", "Since a worker or beat was last heard", labels=["process"]
    )
    now = time.time()
    for name, when in last_heard().items():
        heard.add_metric([name], max(0.0, now - when))
    return [size, oldest, heard]


def last_heard() -> dict[str, float]:
    """When each worker, and beat, was last heard: name → Unix time.

    Raises DatabaseError, and the errors in AWAY.
    """
    turn = schedules.last_turn()
    return ({} if turn is None else {BEAT: turn.timestamp()}) | workers_heard()


def workers_heard() -> dict[str, float]:
    """As `last_heard`, without beat. Raises the errors in AWAY."""
    client = broker()
    found = client.hgetall(_key())
    heard = {name.decode(): float(when) for name, when in found.items()}
    gone = [name for name, when in heard.items() if time.time() - when > _FORGOTTEN_AFTER]
    if gone:
        client.hdel(_key(), *gone)
    return {name: when for name, when in heard.items() if name not in gone}


def begin() -> None:
    worker_ready.connect(_worker_is_ready)


def _key() -> str:
    """As the broker's client writes it."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{_HEARD}"


def _worker_is_ready(sender: Any, **_: Any) -> None:  # noqa: ANN401  (Celery's consumer)
    sender.timer.call_repeatedly(HEARTBEAT_SECONDS, _tell, (sender,))
    _tell(sender)


def _tell(consumer: Any) -> None:  # noqa: ANN401
    # Over the connection that the worker has anyway: another would cost a megabyte.
    try:
        client = consumer.connection.default_channel.client
        client.hset(_HEARD, consumer.hostname, time.time())  # it adds the prefix to the key
    except AWAY:
        return  # nobody is heard without the broker, which the report says
