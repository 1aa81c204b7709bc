"""A pool that is used up, and an engine that really stops."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from psycopg import conninfo
from rest_framework.test import APIClient

from apps.core import metrics
from apps.core.db import pool
from apps.core.db.errors import ConnectionFailedError, PoolExhaustedError
from apps.users.models import User
from revenge.settings import _database
from revenge.stack.testing import EmbeddedEngines, embedded_engines
from tests.core.db.databases import database_of, pool_of


@contextmanager
def _connection_held() -> Iterator[None]:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            connection.ensure_connection()
            held.set()
            assert done.wait(timeout=60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        assert held.wait(timeout=60)
        try:
            yield
        finally:
            done.set()
            holding.result(timeout=60)


def _exhausted() -> float:
    return metrics.DB_POOL_EXHAUSTED._value.get()


@pytest.mark.django_db(transaction=True)
def test_a_pool_that_is_used_up_is_503_for_the_api_and_the_pages(
    api: Callable[[User | None], APIClient], member: User, client: Client
) -> None:
    clients = api(member)
    client.raise_request_exception = False
    client.force_login(member, backend="apps.authn.backends.NameOrEmailBackend")
    before = _exhausted()
    with pool_of(max_size=1, timeout=0.2):
        with _connection_held():
            figures = pool.stats()
            assert figures is not None
            assert (figures.maximum, figures.open, figures.in_use) == (1, 1, 1)
            for response in (clients.get("/api/v1/movies"), client.get("/movies/")):
                assert response.status_code == 503
                assert response.headers["Retry-After"]
                assert (
                    "busy" in response.content.decode() or "Try again" in response.content.decode()
                )
            with pytest.raises(PoolExhaustedError):
                connection.ensure_connection()
        assert _exhausted() - before >= 3
        assert clients.get("/api/v1/movies").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_beyond_those_that_may_wait_nobody_waits() -> None:
    with pool_of(max_size=1, timeout=30, max_waiting=1), _connection_held():

        def wait() -> None:
            try:
                connection.ensure_connection()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(wait)
            while not (figures := pool.stats()) or not figures.waiting:
                assert not waiting.done()
            with pytest.raises(PoolExhaustedError, match="waiting"):
                connection.ensure_connection()
            connection.close_pool()  # ends the wait
            assert waiting.exception(timeout=30) is not None


@pytest.fixture
def engine(transactional_db: None) -> Iterator[EmbeddedEngines]:  # noqa: ARG001
    """A PostgreSQL of the test's own behind the default connection."""
    with (
        embedded_engines(names={"postgres"}) as engines,
        database_of(**_database(engines.environment["DATABASE_URL"])),
    ):
        yield engines


def _database_is(client: Client) -> str:
    """What /readyz says of it; the engine above has no tables."""
    return str(client.get("/readyz").json()["details"]["database"]["status"])


def test_without_postgresql_every_request_is_503_and_with_it_all_is_well(
    engine: EmbeddedEngines, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    client.cookies["revenge_session"] = "a" * 32
    with pool_of(timeout=120):  # whoever waited for it would time the test out
        assert _database_is(client) == "healthy"
        for _ in range(2):
            engine.stop("postgres")
            for path in ("/readyz", "/movies/", "/api/v1/movies", "/readyz"):
                connection.close()  # as after every request
                response = client.get(path)
                assert response.status_code == 503, path
                if path != "/readyz":
                    assert response.headers["Retry-After"]
            connection.close()
            with pytest.raises(ConnectionFailedError):
                connection.ensure_connection()
            engine.start("postgres")
            assert _database_is(client) == "healthy"
            connection.ensure_connection()
    told = [record.getMessage() for record in caplog.records if record.name == pool.__name__]
    assert [text.partition(":")[0] for text in told] == [
        "PostgreSQL cannot be reached",
        "PostgreSQL answers again",
    ] * 2


def test_one_dead_connection_gives_up_the_others(engine: EmbeddedEngines) -> None:
    with pool_of(timeout=60):
        barrier = threading.Barrier(8)

        def use() -> None:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=60)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            for future in [threads.submit(use) for _ in range(8)]:
                future.result(timeout=60)
        connections = pool.stats()
        assert connections is not None
        assert connections.open == 8
        engine.stop("postgres")
        engine.start("postgres")
        connection.ensure_connection()  # at the first try, and with no pause for each dead one
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_host_that_never_answers_is_a_failed_connection() -> None:
    deaf = socket.create_server(("127.0.0.1", 0))
    before = _exhausted()
    with database_of(HOST="127.0.0.1", PORT=deaf.getsockname()[1]), pool_of(timeout=0.2):
        with pytest.raises(ConnectionFailedError):
            connection.ensure_connection()
        deaf.close()  # which ends the pool's attempts
    assert _exhausted() == before


def test_the_url_s_own_settings_win_over_the_limits() -> None:
    made = _database("postgres://host/name?connect_timeout=9&options=-c%20statement_timeout%3D5")
    assert made["OPTIONS"]["connect_timeout"] == "9"
    assert made["OPTIONS"]["options"] == "-c statement_timeout=5"
    limits = _database("postgres://host/name")["OPTIONS"]["options"]
    assert "statement_timeout=60000" in limits
    assert conninfo.make_conninfo(options=limits)
