"""Health is what the engines really answer."""

import threading

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from apps.core import health, probes
from apps.core.monitoring import jobs
from apps.core.probes import Health
from tests.heard import forget_all, hear


@pytest.fixture(autouse=True)
def _nobody_is_heard() -> None:
    forget_all()


def ready(client: Client) -> HttpResponse:
    return client.get("/readyz")


def test_all_is_well_when_a_worker_was_seen(client: Client, db: None) -> None:  # noqa: ARG001
    hear("worker@here")
    jobs.beat_is_alive()
    response = ready(client)
    body = response.json()
    assert response.status_code == 200
    assert body["name"] == "ready"
    assert {name: part["status"] for name, part in body["details"].items()} == {
        "database": "healthy",
        "migrations": "healthy",
        "cache": "healthy",
        "broker": "healthy",
        "search": "healthy",
        "jobs": "healthy",
    }
    assert body["status"] == "healthy"
    assert "message" not in body


def test_without_a_worker_it_limps_and_says_so(client: Client, db: None) -> None:  # noqa: ARG001
    body = ready(client).json()
    assert body["status"] == "degraded"
    assert "No worker is heard; jobs wait" in body["message"]
    hear("worker@here", seconds_ago=3600)
    assert "No worker is heard" in ready(client).json()["message"]
    hear("worker@here")
    assert "Beat is not heard" in ready(client).json()["message"]


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
    settings.REDIS_URL = settings.BROKER_URL = "redis://127.0.0.1:9/0"
    response = ready(client)
    assert response.status_code == 200
    for part in ("cache", "broker"):
        assert response.json()["details"][part]["status"] == "degraded"


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


@pytest.mark.django_db(transaction=True)
def test_tables_that_are_missing_are_503(client: Client) -> None:
    assert client.get("/startupz").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'away' WHERE app = 'users'")
        try:
            answers = client.get("/startupz"), client.get("/readyz")
        finally:
            cursor.execute("UPDATE django_migrations SET app = 'users' WHERE app = 'away'")
    for response in answers:
        assert response.status_code == 503
        assert "not applied yet" in response.json()["message"]


def test_a_part_that_hangs_is_waited_for_once_and_not_long() -> None:
    goes_on = threading.Event()
    asked: list[None] = []

    def hang() -> probes.Check:
        asked.append(None)
        goes_on.wait()
        return probes.Check(Health.HEALTHY)

    away = probes.Check(Health.DEGRADED, "away")
    probe = {"hanging": probes.Probe(hang, away)}
    answers = [probes.ask_all(probe, limit=0.05)["hanging"] for _ in range(3)]
    assert {answer.message for answer in answers} == {"away"}
    assert asked == [None]
    goes_on.set()
    assert probes.ask_all(probe, limit=60)["hanging"].status is Health.HEALTHY


def test_the_worst_part_is_the_whole() -> None:
    def report(*states: Health) -> Health:
        return health.Report("x", {str(i): probes.Check(s) for i, s in enumerate(states)}).status

    assert report() is Health.HEALTHY
    assert report(Health.HEALTHY, Health.DEGRADED) is Health.DEGRADED
    assert report(Health.DEGRADED, Health.UNHEALTHY, Health.HEALTHY) is Health.UNHEALTHY
