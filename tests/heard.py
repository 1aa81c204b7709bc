"""Signs of life of workers and beat."""

import time

from apps.core.monitoring import jobs
from apps.core.valkey.clients import broker, client


def forget_all() -> None:
    broker().delete(jobs._key())
    client().delete(f"{jobs._SIGNS._prefix}{jobs.BEAT}")


def hear(name: str, *, seconds_ago: float = 0) -> None:
    broker().hset(jobs._key(), name, time.time() - seconds_ago)
