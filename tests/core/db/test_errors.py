"""What PostgreSQL really refuses, as a service catches it and as a client is told."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.test import Client, override_settings

from apps.core.api.errors import exception_handler
from apps.core.db import errors
from apps.core.errors import ConflictError, DomainError, InvalidInputError, UnavailableError
from apps.libraries.models import Library, LibraryRoot
from apps.movies.models import Movie
from tests.core.db import failing_urls


@pytest.fixture
def refused(db: None) -> Iterator[Callable[[str], errors.SqlError]]:  # noqa: ARG001
    """Runs a statement that fails."""

    def run(sql: str) -> errors.SqlError:
        with pytest.raises(errors.SqlError) as caught, transaction.atomic():
            connection.cursor().execute(sql)
        return caught.value

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE parent (id int PRIMARY KEY)")
        cursor.execute(
            "CREATE TEMPORARY TABLE child (id int REFERENCES parent,"
            " size int NOT NULL CONSTRAINT child_size CHECK (size > 0))"
        )
        cursor.execute("INSERT INTO parent VALUES (1)")
    yield run
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE child, parent")


@dataclass(frozen=True)
class Case:
    sql: str
    kind: type[errors.SqlError]
    django: type[DatabaseError]
    domain: type[DomainError]
    sqlstate: str
    table: str | None = None
    constraint: str | None = None


def _raising(sqlstate: str) -> str:
    return f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$"


CASES = [
    Case("INSERT INTO parent VALUES (1)", errors.DuplicateError, IntegrityError, ConflictError,
         "23505", "parent", "parent_pkey"),
    Case("INSERT INTO child VALUES (2, 1)", errors.ForeignKeyError, IntegrityError, ConflictError,
         "23503", "child", "child_id_fkey"),
    Case("INSERT INTO child VALUES (1, 0)", errors.CheckError, IntegrityError, InvalidInputError,
         "23514", "child", "child_size"),
    Case("INSERT INTO child VALUES (1, NULL)", errors.NotNullError, IntegrityError,
         InvalidInputError, "23502", "child"),
    Case("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", errors.QueryTimeoutError,
         OperationalError, UnavailableError, "57014"),
    Case(_raising("40001"), errors.SerializationError, OperationalError, UnavailableError, "40001"),
    Case(_raising("08006"), errors.ConnectionFailedError, OperationalError, UnavailableError,
         "08006"),
    Case(_raising("53100"), errors.DiskFullError, OperationalError, UnavailableError, "53100"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.sqlstate for case in CASES])
def test_a_sqlstate_becomes_the_class_for_it(
    refused: Callable[[str], errors.SqlError], case: Case
) -> None:
    error = refused(case.sql)
    assert type(error) is case.kind
    assert isinstance(error, case.django)
    assert isinstance(error, case.domain)
    assert error.status == case.domain.status
    where = (error.sqlstate, error.table, error.constraint)
    assert where == (case.sqlstate, case.table, case.constraint)
    assert isinstance(error.__cause__, psycopg.Error)
    assert str(error) == str(error.__cause__)


def test_the_message_for_people_holds_nothing_of_the_statement(
    refused: Callable[[str], errors.SqlError],
) -> None:
    error = refused("INSERT INTO parent VALUES (1)")
    assert "parent" in str(error)
    assert error.message == "There is one already."


def test_plain_except_around_the_orm(films: Library) -> None:
    with pytest.raises(errors.DuplicateError) as caught, transaction.atomic():
        Library.objects.create(name=films.name)
    assert caught.value.table == "libraries_library"
    LibraryRoot.objects.create(library_id=uuid.uuid4(), path="/nowhere")
    with pytest.raises(errors.ForeignKeyError):
        connection.check_constraints()
    transaction.set_rollback(True)


def test_what_is_the_server_s_own_fault_stays_as_it_was(db: None) -> None:  # noqa: ARG001
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        connection.cursor().execute("SELECT no_such_column")
    assert not isinstance(caught.value, DomainError)


def _locking(first: str, second: str, barrier: threading.Barrier) -> None:
    """Locks two rows, one after the other; between them both sides have one."""
    try:
        with transaction.atomic():
            Library.objects.select_for_update().get(name=first)
            barrier.wait(timeout=30)
            Library.objects.select_for_update().get(name=second)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_that_wait_for_each_other_one_is_ended() -> None:
    for name in ("A", "B"):
        Library.objects.create(name=name)
    barrier = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        sides = [pool.submit(_locking, *names, barrier) for names in (("A", "B"), ("B", "A"))]
        outcomes = [side.exception(timeout=60) for side in sides]
    (lost,) = [error for error in outcomes if error is not None]
    assert isinstance(lost, errors.DeadlockError)
    assert isinstance(lost, errors.SerializationError)
    assert lost.sqlstate == "40P01"


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_locked_is_a_timeout() -> None:
    Library.objects.create(name="A")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Library.objects.select_for_update().get(name="A")
                held.set()
                assert done.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(timeout=30)
        with pytest.raises(errors.QueryTimeoutError) as caught, transaction.atomic():
            Library.objects.select_for_update(nowait=True).get(name="A")
        done.set()
        holding.result(timeout=30)
    assert caught.value.sqlstate == "55P03"


every_failure = pytest.mark.parametrize(("failure", "status"), failing_urls.STATUSES.items())


@every_failure
@override_settings(ROOT_URLCONF="tests.core.db.failing_urls")
def test_the_api_answers_with_the_status_and_never_with_sql(
    client: Client,
    db: None,  # noqa: ARG001
    failure: str,
    status: int,
) -> None:
    response = client.get(f"/api/v1/failing/{failure}")
    assert response.status_code == status
    assert response.json()["code"] == status
    assert "movies_movie" not in response.content.decode()
    assert ("Retry-After" in response.headers) is (status == 503)


@every_failure
@override_settings(ROOT_URLCONF="tests.core.db.failing_urls")
def test_a_page_says_to_try_again(
    db: None,  # noqa: ARG001
    caplog: pytest.LogCaptureFixture,
    failure: str,
    status: int,
) -> None:
    page = Client(raise_request_exception=False).get(f"/failing/{failure}")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "movies_movie" not in page.content.decode()
    if status == 503:
        assert page.status_code == 503
        assert int(page.headers["Retry-After"]) >= 1
        assert "Try again in a few seconds" in page.content.decode()
        assert not [record for record in caplog.records if record.exc_info]
    else:  # a page that lets this through has a fault
        assert page.status_code == 500


def test_a_row_that_is_not_there_is_404(db: None) -> None:  # noqa: ARG001
    with pytest.raises(Movie.DoesNotExist) as caught:
        Movie.objects.get(pk=uuid.uuid4())
    assert exception_handler(caught.value, {}).status_code == 404
