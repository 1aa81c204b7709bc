"""Whether the engines behind the server really answer."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django_redis import get_redis_connection
from redis.exceptions import RedisError

HEARTBEAT_KEY = "core:jobs:heartbeat"
HEARTBEAT_SECONDS = 30


class Health(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Check:
    """One part's state; `seconds` is how long it took to answer."""

    status: Health
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    name: str
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def status(self) -> Health:
        states = {check.status for check in self.checks.values()}
        for worst in (Health.UNHEALTHY, Health.DEGRADED):
            if worst in states:
                return worst
        return Health.HEALTHY

    @property
    def message(self) -> str:
        return "; ".join(check.message for check in self.checks.values() if check.message)

    @property
    def details(self) -> dict[str, dict[str, str | float]]:
        return {name: asdict(check) for name, check in self.checks.items()}


def live() -> Report:
    """The process answers; nothing else is asked."""
    return Report("live", {"process": Check(Health.HEALTHY)})


def ready() -> Report:
    """Every engine answers. Only the database is needed; without the others the server limps."""
    return Report(
        "ready",
        {
            "database": _timed(_database),
            "cache": _timed(_cache),
            "search": _timed(_search),
            "jobs": _timed(_jobs),
        },
    )


def started() -> Report:
    """The database has the tables that this code needs."""
    return Report("startup", {"migrations": _timed(_migrations)})


def heartbeat() -> None:
    """Written by a job that beat schedules, so that it proves beat, broker and worker at once."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=24 * 3600)


def _timed(check: Callable[[], Check]) -> Check:
    begin = time.perf_counter()
    result = check()
    return Check(result.status, result.message, round(time.perf_counter() - begin, 4))


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Check(Health.UNHEALTHY, "PostgreSQL does not answer")
    return Check(Health.HEALTHY)


def _cache() -> Check:
    try:
        get_redis_connection("default").ping()
    except (RedisError, OSError):
        return Check(Health.DEGRADED, "Valkey does not answer; pages are slower, jobs wait")
    return Check(Health.HEALTHY)


def _search() -> Check:
    import requests  # noqa: PLC0415  (heavy, and only here)

    if not settings.TYPESENSE_URL:
        return Check(Health.DEGRADED, "No search engine; the database answers searches")
    try:
        response = requests.get(f"{settings.TYPESENSE_URL}/health", timeout=1)
        healthy = response.ok and response.json().get("ok") is True
    except (requests.RequestException, ValueError):
        healthy = False
    if not healthy:
        return Check(Health.DEGRADED, "Typesense does not answer; the database answers searches")
    return Check(Health.HEALTHY)


def _jobs() -> Check:
    last = cache.get(HEARTBEAT_KEY)
    if last is None:
        return Check(Health.DEGRADED, "No worker has been seen yet")
    if time.time() - last > 4 * HEARTBEAT_SECONDS:
        return Check(Health.DEGRADED, "No worker has been seen for a while; jobs wait")
    return Check(Health.HEALTHY)


def _migrations() -> Check:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return Check(Health.UNHEALTHY, "PostgreSQL does not answer")
    if plan:
        return Check(Health.UNHEALTHY, f"{len(plan)} migrations are not applied yet")
    return Check(Health.HEALTHY)
