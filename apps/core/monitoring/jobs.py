"""What waits, and when workers and beat were last heard."""

import time
from collections.abc import Iterable
from typing import Any

from celery.signals import worker_ready
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.core.cache import keys
from apps.core.cache.keys import Ttl
from apps.core.cache.numbers import Versioned
from apps.core.jobs import queues
from apps.core.valkey.clients import AWAY, broker

HEARTBEAT_SECONDS = 30.0
LOST_AFTER_SECONDS = 4 * HEARTBEAT_SECONDS
BEAT = "beat"
_SIGNS: Versioned[None] = Versioned("core", "alive", ttl=Ttl.DAY)
"""Of what has several processes, one of which suffices; the version is the time."""
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
    """When each worker, and beat, was last heard: name → Unix time. Raises the errors in AWAY."""
    client = broker()
    found = client.hgetall(_key())
    heard = {name.decode(): float(when) for name, when in found.items()}
    gone = [name for name, when in heard.items() if time.time() - when > _FORGOTTEN_AFTER]
    if gone:
        client.hdel(_key(), *gone)
    heard = {name: when for name, when in heard.items() if name not in gone}
    beat = _SIGNS.get(BEAT)
    return heard if beat is None else heard | {BEAT: beat[0]}


def beat_is_alive() -> None:
    """Said by every beat, now and then."""
    _SIGNS.put(BEAT, None, time.time())


def begin() -> None:
    worker_ready.connect(_worker_is_ready)


def _key() -> str:
    return keys.key("core", "heard", "workers")


def _worker_is_ready(sender: Any, **_: Any) -> None:  # noqa: ANN401  (Celery's consumer)
    sender.timer.call_repeatedly(HEARTBEAT_SECONDS, _tell, (sender,))
    _tell(sender)


def _tell(consumer: Any) -> None:  # noqa: ANN401
    # Not over the connection that waits for jobs: it would take one for the answer.
    try:
        broker().hset(_key(), consumer.hostname, time.time())
    except AWAY:
        return  # nobody is heard without the broker, which the report says
