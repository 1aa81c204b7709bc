"""`/metrics`: what it says, and that it says it whatever is away."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from apps.authn import figures as authn_figures
from apps.core import tasks
from apps.core.jobs import outbox
from apps.core.jobs.models import Queue
from apps.core.metrics import HTTP_REQUESTS
from apps.core.monitoring import exposition, jobs, sources
from apps.core.monitoring.sources import Sources
from apps.core.valkey.clients import broker
from apps.libraries import figures as library_figures
from apps.libraries.models import FileState, Library
from apps.movies import figures as movie_figures
from apps.users.models import User
from tests import objects
from tests.realtime import ask

Values = dict[tuple[str, str], float]


def values(metrics: Any) -> Values:
    """(name, the values of its labels) → value."""
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for metric in metrics
        for sample in metric.samples
    }


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Sources:
    made = Sources()
    monkeypatch.setattr(exposition, "sources", made)
    return made


def test_the_realtime_process_answers_with_every_declared_figure(fresh: Sources) -> None:
    fresh.register("rooms", lambda: [GaugeMetricFamily("revenge_rooms", "Rooms", value=3)])
    HTTP_REQUESTS.labels("GET", "/films", "200").inc()
    answer = ask("/metrics")
    text = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families.keys() >= {
        "revenge_http_requests", "revenge_http_request_duration_seconds",
        "revenge_http_requests_in_flight", "revenge_cache_hits", "revenge_cache_misses",
        "revenge_cache_operation_duration_seconds", "revenge_db_query_duration_seconds",
        "revenge_db_pool_connections", "revenge_jobs_enqueued", "revenge_jobs_completed",
        "revenge_jobs_duration_seconds", "revenge_search_requests", "revenge_auth_attempts",
        "revenge_ratelimit_hits", "django_http_exceptions_total_by_type", "revenge_rooms",
    }  # fmt: skip
    found = values(families.values())
    assert found["revenge_rooms", ""] == 3
    assert found["revenge_scrape_source_up", "rooms"] == 1
    assert ("revenge_db_pool_exhausted_total", "") in found
    assert not [name for name in families if name.startswith(("python_", "process_"))]


def test_openmetrics_for_those_who_ask_for_it(fresh: Sources) -> None:  # noqa: ARG001
    answer = ask("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.body.endswith(b"# EOF\n")


@pytest.mark.django_db(transaction=True)
def test_everything_else_is_for_django() -> None:
    assert ask("/healthz").status == 200
    assert ask("/metrics/").status == 404


def test_the_web_process_knows_no_metrics(client: Client, db: None) -> None:  # noqa: ARG001
    assert client.get("/metrics").status_code == 404


def test_a_source_that_fails_is_said_and_the_others_are_read(fresh: Sources) -> None:
    def fail() -> list[Metric]:
        raise ConnectionError

    fresh.register("broken", fail)
    fresh.register("sound", lambda: [GaugeMetricFamily("revenge_sound", "x", value=1)])
    found = values(fresh.collect())
    assert found["revenge_scrape_source_up", "broken"] == 0
    assert found["revenge_scrape_source_up", "sound"] == 1
    assert found["revenge_sound", ""] == 1


def test_a_source_that_hangs_is_waited_for_once(
    fresh: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LIMIT_SECONDS", 0.05)
    goes_on = threading.Event()
    asked: list[None] = []

    def hang() -> list[Metric]:
        asked.append(None)
        goes_on.wait()
        return [GaugeMetricFamily("revenge_late", "x", value=1)]

    fresh.register("late", hang)
    for _ in range(3):
        assert values(fresh.collect())["revenge_scrape_source_up", "late"] == 0
    assert asked == [None]
    goes_on.set()
    monkeypatch.setattr(sources, "LIMIT_SECONDS", 30)
    assert values(fresh.collect())["revenge_late", ""] == 1


def test_a_source_is_not_asked_again_at_once(fresh: Sources) -> None:
    asked: list[None] = []

    def read() -> list[Metric]:
        asked.append(None)
        return []

    fresh.register("counted", read)
    values(fresh.collect())
    values(fresh.collect())
    assert asked == [None]


def test_sessions_and_the_library_are_told(
    films: Library,
    member: User,
    api: Callable[[User], Any],
    browser_of: Callable[[User], Any],
) -> None:
    for _ in range(2):
        api(member)
    browser_of(member)
    movie = objects.make_movie(films)
    objects.make_movie_file(movie, objects.make_media_file(films, "a.mkv", size=700))
    objects.make_media_file(films, "b.mkv", size=300, state=FileState.MISSING)
    found = values(authn_figures.figures())
    assert found["revenge_sessions_active_total", "api"] == 2
    assert found["revenge_sessions_active_total", "web"] == 1
    found = values(library_figures.figures())
    assert found["revenge_library_files", "available"] == 1
    assert found["revenge_library_files", "missing"] == 1
    assert found["revenge_library_bytes", "available"] == 700
    assert found["revenge_library_roots", "available"] == 1
    assert found["revenge_library_roots", "unavailable"] == 0
    assert values(movie_figures.figures())["revenge_library_films", "available"] == 1


@pytest.mark.django_db(transaction=True)
def test_queues_and_heartbeats_are_told() -> None:
    outbox.enqueue(tasks.jobs_clean, queue=Queue.BULK)
    broker().hset(jobs._key(), "worker@test", time.time())
    found = values(jobs.figures())
    assert {queue for name, queue in found if name == "revenge_jobs_queue_size"} == set(Queue)
    assert found["revenge_jobs_queue_size", "bulk"] == 1
    assert found["revenge_jobs_queue_size", "high"] == 0
    assert found["revenge_jobs_queue_oldest_seconds", "bulk"] >= 0
    assert ("revenge_jobs_heard_seconds", "worker@test") in found


def test_a_scrape_goes_on_without_the_broker(fresh: Sources, settings: LazySettings) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:9/0"
    fresh.register("jobs", jobs.figures)
    answer = ask("/metrics")
    assert answer.status == 200
    assert b'revenge_scrape_source_up{source="jobs"} 0.0' in answer.body
