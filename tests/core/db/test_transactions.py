"""Races of real connections: who loses is run again, and what was done once stays done once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection
from django.db.transaction import on_commit

from apps.core.db import errors
from apps.core.db.transactions import Isolation, Retry, transaction
from apps.libraries.models import Library

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(settings: LazySettings) -> None:
    settings.DB_RETRY_BASE = 0.001


@contextmanager
def _elsewhere() -> Iterator[ThreadPoolExecutor]:
    """A thread, and with it a connection, of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(lambda: connection.close()).result()  # noqa: PLW0108  (that thread's)


def _rename(old: str, new: str) -> None:
    Library.objects.filter(name=old).update(name=new)


@pytest.mark.parametrize("isolation", Isolation)
def test_the_levels_are_the_database_s(isolation: Isolation) -> None:
    with transaction(isolation=isolation), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == (isolation.name.lower().replace("_", " "),)
    with transaction(), connection.cursor() as cursor:  # and not the next transaction's
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)


def test_read_only_writes_nothing() -> None:
    with pytest.raises(DatabaseError, match="read-only"), transaction(read_only=True):
        Library.objects.create(name="A")
    with transaction():
        Library.objects.create(name="A")


def test_a_repeatable_read_sees_one_state() -> None:
    Library.objects.create(name="A")
    with _elsewhere() as other, transaction(isolation=Isolation.REPEATABLE_READ, read_only=True):
        assert Library.objects.count() == 1
        other.submit(Library.objects.create, name="B").result()
        assert Library.objects.count() == 1
    assert Library.objects.count() == 2


def test_any_exception_rolls_back_and_comes_out_as_it_was() -> None:
    class OddError(BaseException):
        pass

    odd = OddError()

    @transaction()
    def fail() -> None:
        Library.objects.create(name="A")
        raise odd

    with pytest.raises(OddError) as caught:
        fail()
    assert caught.value is odd
    assert not Library.objects.exists()


def test_who_lost_a_race_runs_again_and_its_hooks_once() -> None:
    Library.objects.create(name="A")
    seen: list[str] = []
    hooks: list[int] = []

    with _elsewhere() as other:

        @transaction(isolation=Isolation.REPEATABLE_READ)
        def append() -> str:
            library = Library.objects.get()
            seen.append(library.name)
            if len(seen) < 3:
                other.submit(_rename, library.name, f"{library.name}!").result()
            on_commit(lambda: hooks.append(len(seen)))
            library.name += "?"
            library.save()
            return library.name

        assert append() == "A!!?"
    assert seen == ["A", "A!", "A!!"]
    assert hooks == [3]
    assert Library.objects.get().name == "A!!?"


def test_of_two_that_skew_each_other_s_reads_one_runs_again() -> None:
    """Serializable: as if one had come after the other, though they write different rows."""
    barrier = threading.Barrier(2)
    runs: list[str] = []

    @transaction(isolation=Isolation.SERIALIZABLE)
    def create(name: str) -> None:
        runs.append(name)
        count = Library.objects.count()
        if len(runs) <= 2:
            barrier.wait(timeout=30)
        Library.objects.create(name=f"{name}{count}")

    def run(name: str) -> None:
        try:
            create(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, "AB"))
    assert len(runs) >= 3
    assert sorted(name[1] for name in Library.objects.values_list("name", flat=True)) == ["0", "1"]


@pytest.mark.parametrize("tries", [1, 3])
def test_the_last_try_s_error_comes_out(tries: int) -> None:
    runs: list[int] = []

    @transaction(tries=tries)
    def lose() -> None:
        runs.append(1)
        Library.objects.create(name="A")
        connection.cursor().execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")

    with pytest.raises(errors.DeadlockError):
        lose()
    assert len(runs) == tries
    assert not Library.objects.exists()


def test_other_errors_are_not_tried_again() -> None:
    runs: list[int] = []

    @transaction()
    def create() -> None:
        runs.append(1)
        Library.objects.create(name="A")

    create()
    with pytest.raises(errors.DuplicateError):
        create()
    assert len(runs) == 2


def test_inside_another_it_joins_and_does_not_run_again() -> None:
    runs: list[int] = []

    @transaction(isolation=Isolation.SERIALIZABLE)
    def lose() -> None:
        runs.append(1)
        Library.objects.create(name="B")
        connection.cursor().execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    with transaction():
        Library.objects.create(name="A")
        with pytest.raises(errors.SerializationError):
            lose()
        with transaction(read_only=True):
            assert Library.objects.get().name == "A"
    assert len(runs) == 1
    assert Library.objects.get().name == "A"


def test_a_hook_that_fails_does_not_bring_the_function_back() -> None:
    runs: list[int] = []

    def hook() -> None:
        connection.cursor().execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    @transaction()
    def create() -> None:
        runs.append(1)
        Library.objects.create(name=f"A{len(runs)}")
        on_commit(hook)

    with pytest.raises(errors.SerializationError):
        create()
    assert len(runs) == 1
    assert Library.objects.get().name == "A1"


def test_pauses_double_up_to_the_ceiling_and_are_spread() -> None:
    retry = Retry(tries=9, base=1, ceiling=4)
    for failed, longest in [(1, 1), (2, 2), (3, 4), (4, 4), (60, 4)]:
        pauses = [retry.pause(failed) for _ in range(200)]
        assert 0 <= min(pauses) < longest / 4
        assert longest * 3 / 4 < max(pauses) <= longest
