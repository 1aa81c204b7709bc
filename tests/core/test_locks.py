"""A lock belongs to one holder at a time, in all processes."""

import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from apps.core import locks
from apps.core.errors import ConflictError, UnavailableError
from apps.core.locks import Lock, LockLostError, LocksUnavailableError, LockTakenError, lock
from apps.core.valkey.clients import client
from tests.core.conftest import OwnValkey
from tests.engines import PROJECT
from tests.waiting import until


def is_free(resource: str, identifier: object) -> bool:
    other = Lock(resource, identifier)
    acquired = other.acquire()
    if acquired:
        other.release()
    return acquired


def test_one_holder_at_a_time() -> None:
    with lock("scan", 7) as held:
        assert held is not None
        assert held.name == f"{settings.KEY_PREFIX}:lock:scan:7"
        assert client().get(held.name) is not None
        with pytest.raises(LockTakenError), lock("scan", 7):
            pytest.fail("somebody else has it")
        assert is_free("scan", 8)
        assert is_free("other", 7)
    assert is_free("scan", 7)


def test_many_threads_do_not_meet() -> None:
    inside, met, done = [0], [], []

    def work(number: int) -> None:
        with lock("counter", 1, wait=60):
            inside[0] += 1
            met.append(inside[0])
            done.append(number)
            inside[0] -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(36)))
    assert sorted(done) == list(range(36))
    assert set(met) == {1}


def test_a_wait_ends_with_the_lock_or_without_it() -> None:
    first, second = Lock("wait", 1), Lock("wait", 1)
    assert first.acquire()
    assert not second.acquire(wait=0.1)
    waiting = threading.Event()

    def take() -> bool:
        waiting.set()
        return second.acquire(wait=60)

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(take)
        assert waiting.wait(30)
        first.release()
        assert result.result()
    second.release()


def test_only_its_owner_releases_and_extends_it() -> None:
    first, second = Lock("owner", 1), Lock("owner", 1)
    assert first.acquire()
    for act in (second.release, second.extend):
        with pytest.raises(LockLostError):
            act()
    assert not is_free("owner", 1)
    client().delete(first.name)
    assert second.acquire()
    for act in (first.extend, first.release):
        with pytest.raises(LockLostError):
            act()
    assert not is_free("owner", 1)
    second.release()
    assert is_free("owner", 1)


def test_the_end_of_a_block_says_when_the_lock_was_lost() -> None:
    def lose(identifier: int, *, required: bool = True, error: Exception | None = None) -> None:
        with lock("lost", identifier, required=required) as held:
            assert held is not None
            client().delete(held.name)
            if error:
                raise error

    with pytest.raises(LockLostError):
        lose(1)
    with pytest.raises(ZeroDivisionError):
        lose(2, error=ZeroDivisionError())
    lose(3, required=False)


def test_an_error_in_the_block_frees_it() -> None:
    with pytest.raises(ZeroDivisionError), lock("error", 1):
        raise ZeroDivisionError
    assert is_free("error", 1)


def test_it_is_extended_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_TICK_SECONDS", 0.02)
    held = Lock("long", 1, ttl=3)
    assert held.acquire()
    taken_at = held.extended_at
    until(lambda: held.extended_at >= taken_at + 2 * held.ttl)
    assert not is_free("long", 1)
    held.release()
    assert is_free("long", 1)
    until(lambda: locks._keeper._thread is None)


def test_extending_gives_the_whole_time_anew() -> None:
    held = Lock("extend", 1)
    assert held.acquire()
    server = client()
    server.pexpire(held.name, 5000)  # type: ignore[attr-defined]
    held.extend()
    assert server.pttl(held.name) > 20_000  # type: ignore[attr-defined]
    held.release()


def test_the_lock_of_a_process_that_died_ends_by_itself() -> None:
    code = """
        import os, django
        django.setup()
        from apps.core.locks import Lock
        print(Lock("died", 1, ttl=0.5).acquire(), flush=True)
        os._exit(9)
    """
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=PROJECT, capture_output=True, check=False
    )
    assert answer.stdout == b"True\n"
    until(lambda: is_free("died", 1))


def test_a_fork_does_not_extend_what_its_parent_holds() -> None:
    code = """
        import os, sys, django
        django.setup()
        from apps.core import locks
        held = locks.Lock("fork", 1)
        assert held.acquire() and locks._keeper._held
        if os.fork():
            held.release()
            sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
        assert not locks._keeper._held
        with locks.lock("fork", 1, wait=30):
            print("taken", flush=True)
        os._exit(0)
    """
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert answer.stdout == b"taken\n"


class TestWithoutTheServer:
    def test_nobody_gets_a_lock(self, own_valkey: OwnValkey) -> None:
        own_valkey.stop()
        with pytest.raises(LocksUnavailableError), lock("away", 1):
            pytest.fail("nobody knows who has it")

    def test_work_that_may_be_done_twice_is_done(self, own_valkey: OwnValkey) -> None:
        own_valkey.stop()
        with lock("away", 1, required=False) as held:
            assert held is None

    def test_a_holder_ends_its_work(self, own_valkey: OwnValkey) -> None:
        with lock("away", 2) as held:
            assert held is not None
            own_valkey.stop()
            with pytest.raises(LocksUnavailableError):
                held.extend()
        own_valkey.start()

    def test_locks_are_back_with_the_server(self, own_valkey: OwnValkey) -> None:
        own_valkey.stop()
        with pytest.raises(LocksUnavailableError):
            Lock("away", 3).acquire()
        own_valkey.start()

        def is_back() -> bool:
            try:
                return is_free("away", 3)
            except LocksUnavailableError:
                return False

        until(is_back)


def test_the_errors_are_answers() -> None:
    assert issubclass(LockTakenError, ConflictError)
    assert issubclass(LocksUnavailableError, UnavailableError)
