"""Health is what the engines really answer."""

import time

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from apps.core import health, tasks
from apps.core.health import Health


def ready(client: Client) -> HttpResponse:
    return client.get("/readyz")


def test_all_is_well_when_a_worker_was_seen(client: Client, db: None) -> None:  # noqa: ARG001
    tasks.heartbeat()
    response = ready(client)
    body = response.json()
    assert response.status_code == 200
    assert body["name"] == "ready"
    assert {name: part["status"] for name, part in body["details"].items()} == {
        "database": "healthy",
        "cache": "healthy",
        "search": "healthy",
        "jobs": "healthy",
    }
    assert body["status"] == "healthy"
    assert "message" not in body


def test_without_a_worker_it_limps_and_says_so(client: Client, db: None) -> None:  # noqa: ARG001
    cache.delete(health.HEARTBEAT_KEY)
    body = ready(client).json()
    assert body["status"] == "degraded"
    assert "No worker has been seen yet" in body["message"]
    cache.set(health.HEARTBEAT_KEY, time.time() - 3600)
    assert "for a while" in ready(client).json()["message"]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9", "http://127.0.0.1:1/x"])
def test_without_a_search_engine_it_limps(
    client: Client,
    db: None,  # noqa: ARG001
    settings: LazySettings,
    url: str,
) -> None:
    settings.TYPESENSE_URL = url
    response = ready(client)
    assert response.status_code == 200
    assert response.json()["details"]["search"]["status"] == "degraded"


def test_without_the_cache_it_limps(
    client: Client,
    db: None,  # noqa: ARG001
    settings: LazySettings,
) -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {"default": away}
    caches.close_all()
    response = ready(client)
    assert response.status_code == 200
    assert response.json()["details"]["cache"]["status"] == "degraded"


@pytest.mark.django_db(transaction=True)
def test_without_the_database_it_is_503(client: Client) -> None:
    connection.close()
    pool_settings = connection.settings_dict["OPTIONS"].pop("pool")
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "no-such-database"
    try:
        response = client.get("/readyz")
        started = client.get("/startupz")
    finally:
        connection.settings_dict["NAME"] = name
        connection.settings_dict["OPTIONS"]["pool"] = pool_settings
        connection.close()
    for answer in (response, started):
        assert answer.status_code == 503
        assert answer.json()["status"] == "unhealthy"
        assert answer.json()["message"].startswith("PostgreSQL does not answer")
        assert "no-such-database" not in answer.content.decode()
    assert client.get("/healthz").status_code == 200


def test_tables_that_are_missing_are_503_at_the_start(client: Client, db: None) -> None:  # noqa: ARG001
    assert client.get("/startupz").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'users'")
    response = client.get("/startupz")
    assert response.status_code == 503
    assert "not applied yet" in response.json()["message"]


def test_the_worst_part_is_the_whole() -> None:
    def report(*states: Health) -> Health:
        return health.Report("x", {str(i): health.Check(s) for i, s in enumerate(states)}).status

    assert report() is Health.HEALTHY
    assert report(Health.HEALTHY, Health.DEGRADED) is Health.DEGRADED
    assert report(Health.DEGRADED, Health.UNHEALTHY, Health.HEALTHY) is Health.UNHEALTHY
