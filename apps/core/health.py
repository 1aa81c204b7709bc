"""Whether the engines behind the server really answer.

Only PostgreSQL with the tables of this code is needed to serve. Without the others the server
limps: pages are slower, searches find titles alone, jobs wait.
"""

import functools
import pkgutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

from apps.core.monitoring import jobs
from apps.core.probes import Check, Health, Probe, ask_all, worst
from apps.core.valkey.clients import AWAY, broker, client


@dataclass(frozen=True)
class Report:
    name: str
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def status(self) -> Health:
        return worst(check.status for check in self.checks.values())

    @property
    def message(self) -> str:
        found = dict.fromkeys(str(check.message) for check in self.checks.values())
        return "; ".join(filter(None, found))

    @property
    def details(self) -> dict[str, dict[str, str | float]]:
        return {
            name: {"status": check.status, "message": str(check.message), "seconds": check.seconds}
            for name, check in self.checks.items()
        }


def live() -> Report:
    """The process answers; nothing else is asked."""
    return Report("live", {"process": Check(Health.HEALTHY)})


def ready() -> Report:
    """Every engine answers: unhealthy without the database, degraded without the others."""
    return Report("ready", ask_all(PROBES))


def started() -> Report:
    """The database has the tables that this code needs."""
    return Report("startup", ask_all({"migrations": PROBES["migrations"]}))


def _database() -> Check:
    try:
        with database_cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _DATABASE_AWAY
    return Check(Health.HEALTHY)


def _migrations() -> Check:
    try:
        with database_cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            missing = _known_migrations() - set(cursor.fetchall())
    except DatabaseError:
        return _DATABASE_AWAY
    if missing:
        return Check(Health.UNHEALTHY, f"{len(missing)} migrations are not applied yet")
    return Check(Health.HEALTHY)


@functools.lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Those of this code by their files' names: loading them would take megabytes."""
    packages = {
        app.label: MigrationLoader.migrations_module(app.label)[0] for app in apps.get_app_configs()
    }
    return frozenset(
        (label, found.name)
        for label, package in packages.items()
        if package and find_spec(package)
        for found in pkgutil.iter_modules(getattr(import_module(package), "__path__", ()))
        if not found.ispkg and found.name[0] not in "_~"
    )


@contextmanager
def database_cursor() -> Iterator[CursorWrapper]:
    """On a connection of its own: a pool that is exhausted says nothing about PostgreSQL.

    Raises DatabaseError.
    """
    own = connection.copy()
    own.settings_dict["OPTIONS"].pop("pool", None)
    own.settings_dict["OPTIONS"]["connect_timeout"] = 2  # libpq knows no shorter one
    try:
        with own.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1000")
            yield cursor
    finally:
        own.close()


def _cache() -> Check:
    try:
        client().ping()
    except AWAY:
        return _CACHE_AWAY
    return Check(Health.HEALTHY)


def _broker() -> Check:
    try:
        broker().ping()
    except AWAY:
        return _BROKER_AWAY
    return Check(Health.HEALTHY)


def _search() -> Check:
    import requests  # noqa: PLC0415  (heavy, and only here)

    if not settings.TYPESENSE_URL:
        return Check(Health.DEGRADED, "No search engine; the database answers searches")
    try:
        response = requests.get(f"{settings.TYPESENSE_URL}/health", timeout=1)
        is_healthy = response.ok and response.json().get("ok") is True
    except (requests.RequestException, ValueError):
        is_healthy = False
    return Check(Health.HEALTHY) if is_healthy else _SEARCH_AWAY


def _jobs() -> Check:
    try:
        heard = jobs.last_heard()
    except AWAY:
        return _JOBS_AWAY
    living = {name for name, when in heard.items() if time.time() - when < jobs.LOST_AFTER_SECONDS}
    if not living - {jobs.BEAT}:
        return Check(Health.DEGRADED, "No worker is heard; jobs wait")
    if jobs.BEAT not in living:
        return Check(Health.DEGRADED, "Beat is not heard; nothing is scheduled")
    return Check(Health.HEALTHY)


_DATABASE_AWAY = Check(Health.UNHEALTHY, "PostgreSQL does not answer")
_CACHE_AWAY = Check(Health.DEGRADED, "Valkey does not answer; pages are slower")
_BROKER_AWAY = Check(Health.DEGRADED, "The broker does not answer; jobs wait")
_SEARCH_AWAY = Check(Health.DEGRADED, "Typesense does not answer; the database answers searches")
_JOBS_AWAY = Check(Health.DEGRADED, "Nothing is known of the workers")

PROBES = {
    "database": Probe(_database, _DATABASE_AWAY),
    "migrations": Probe(_migrations, _DATABASE_AWAY),
    "cache": Probe(_cache, _CACHE_AWAY),
    "broker": Probe(_broker, _BROKER_AWAY),
    "search": Probe(_search, _SEARCH_AWAY),
    "jobs": Probe(_jobs, _JOBS_AWAY),
}
