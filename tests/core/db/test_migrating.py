"""Migrations on a database of their own: forward, back, two at once, and past a lock."""

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.transaction import atomic

from apps.core.db import migrating
from apps.core.db.migrating import MigrationError, Target
from apps.core.db.transactions import Retry
from apps.search.models import IndexRequest
from apps.setup import preparing
from tests.core.db.databases import scratch_database

EMPTY = Target("search", "zero")
QUICK = Retry(tries=1000, base=0.01, ceiling=0.01)


@pytest.fixture(autouse=True)
def _database(transactional_db: None) -> Iterator[None]:  # noqa: ARG001
    with scratch_database():
        yield


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("migrate_locked", *arguments, stdout=out)
    return out.getvalue()


def _has_table(name: str = "search_indexrequest") -> bool:
    return name in connection.introspection.table_names()


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == migrating.__name__]


def test_back_and_forth_with_each_migration_timed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    _run("--to", "search", "zero")
    assert not _has_table()
    _run("--to", "search", "0001")
    assert _has_table()
    timed = [re.sub(r"\d+\.\d\d s", "… s", line) for line in _told(caplog)]
    assert timed == [
        "unapplied search.0001_initial in … s",
        "applied search.0001_initial in … s",
    ]
    caplog.clear()
    _run()
    assert _told(caplog) == []


def test_the_plan_and_the_dry_run_change_nothing() -> None:
    assert _run("--plan") == "Nothing to do.\n"
    assert _run("--plan", "--to", "search", "zero") == "unapply search.0001_initial\n"
    assert 'DROP TABLE "search_indexrequest"' in _run("--dry-run", "--to", "search", "zero")
    assert _has_table()
    migrating.migrate(EMPTY)
    assert _run("--plan") == "apply search.0001_initial\n"
    assert 'CREATE TABLE "search_indexrequest"' in _run("--dry-run")
    assert not _has_table()


@pytest.mark.parametrize("target", [("search", "0099"), ("nothing", "0001"), ("nothing", "zero")])
def test_a_target_that_is_not_there_is_said(target: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="There is no migration"):
        _run("--to", *target)


def test_a_database_newer_than_the_code_is_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES"
            " ('removed', '0001_initial', now()), ('movies', '0999_future', now())"
        )
    for arguments in ((), ("--plan",), ("--to", "search", "zero")):
        with pytest.raises(CommandError, match=r"newer.*it has movies\.0999_future\. Start"):
            _run(*arguments)
    with pytest.raises(preparing.PreparationError, match="newer"):
        preparing.migrate()
    assert _has_table()


def test_two_processes_at_once_migrate_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    migrating.migrate(EMPTY)
    caplog.clear()
    barrier = threading.Barrier(2)

    def run() -> None:
        try:
            barrier.wait(timeout=30)
            migrating.migrate()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(run) for _ in range(2)]:
            future.result(timeout=120)
    assert _has_table()
    assert len(_told(caplog)) == 1


@contextmanager
def _table_in_use() -> Iterator[threading.Event]:
    """Until the event is set somebody reads the table, in a transaction that stays open."""
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        try:
            with atomic():
                IndexRequest.objects.exists()
                reading.set()
                assert done.wait(timeout=120)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(read)
        assert reading.wait(timeout=30)
        try:
            yield done
        finally:
            done.set()
            held.result(timeout=30)


def test_a_table_that_stays_locked_ends_it_and_changes_nothing() -> None:
    with _table_in_use(), pytest.raises(MigrationError, match="gets no lock"):
        migrating.migrate(EMPTY, lock_timeout="10ms", retry=Retry(tries=2, base=0, ceiling=0))
    assert _has_table()
    with connection.cursor() as cursor:  # the session is as it was
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_it_gives_way_and_tries_again(caplog: pytest.LogCaptureFixture) -> None:
    with _table_in_use() as let_go:

        class LetGo(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if "waits for a lock" in record.getMessage():
                    let_go.set()

        handler = LetGo()
        migrating.logger.addHandler(handler)
        try:
            migrating.migrate(EMPTY, lock_timeout="10ms", retry=QUICK)
        finally:
            migrating.logger.removeHandler(handler)
    assert "search.0001_initial waits for a lock on a table" in _told(caplog)
    assert not _has_table()
