"""Values live in the process only while it hears what others drop."""

import random
import subprocess
import sys
import textwrap
import threading
from contextlib import closing

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from apps.core.cache import listener
from apps.core.cache.local import LocalStore
from apps.core.cache.shared import MISSING
from tests.core.cache.conftest import Peer
from tests.core.cache.kinds import LOCAL, PLAIN, SHELF, SMALL, TAGGED
from tests.core.conftest import OwnValkey
from tests.engines import PROJECT
from tests.waiting import until


def lives_here(identifier: str) -> bool:
    return identifier in LOCAL._entries


def _warm(identifier: str = "1", value: object = "value") -> None:
    """Have a value live in this process."""

    def is_there() -> bool:
        LOCAL.get_or_set(identifier, lambda: value)
        return lives_here(identifier)

    until(is_there)


class TestAnotherProcess:
    def test_it_drops_what_lives_here(self, peer: Peer) -> None:
        _warm()
        peer.do("drop", "local", "1")
        until(lambda: not lives_here("1"))
        assert LOCAL.get("1") is MISSING

    def test_this_one_drops_what_lives_there(self, peer: Peer) -> None:
        LOCAL.get_or_set("1", lambda: "value")
        until(lambda: peer.do("get", "local", "1") and peer.do("in process", "local", "1"))
        LOCAL.drop("1")
        until(lambda: not peer.do("in process", "local", "1"))
        assert peer.do("get", "local", "1") == repr(MISSING)

    def test_a_tag_reaches_it(self, peer: Peer) -> None:
        TAGGED.get_or_set("a/1", lambda: "a")
        TAGGED.get_or_set("b/1", lambda: "b")
        for identifier in ("a/1", "b/1"):
            until(lambda each=identifier: peer.do("get", "tagged", each)  # type: ignore[misc]
                  and peer.do("in process", "tagged", each))  # fmt: skip
        SHELF.drop("a")
        until(lambda: not peer.do("in process", "tagged", "a/1"))
        assert peer.do("in process", "tagged", "b/1")

    def test_a_set_here_is_seen_there(self, peer: Peer) -> None:
        LOCAL.set("1", "old")
        until(
            lambda: peer.do("get", "local", "1") == "'old'" and peer.do("in process", "local", "1")
        )
        LOCAL.set("1", "new")
        until(lambda: peer.do("get", "local", "1") == "'new'")

    def test_a_value_read_before_a_drop_does_not_move_in_after_it(self) -> None:
        _warm()
        assert LOCAL._local is not None
        generation = LOCAL._local.generation
        LOCAL.drop("2")
        LOCAL._local.put("2", "old", (), generation)
        assert not lives_here("2")


class _Door:
    """A lock that tells when somebody stands before it."""

    def __init__(self) -> None:
        self.arrivals = threading.Semaphore(0)
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        self.arrivals.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


@pytest.mark.parametrize(("drop", "dropped"), [("drop", "1"), ("drop_tag", "tag")])
def test_a_value_that_moves_in_while_it_is_dropped_goes_too(drop: str, dropped: str) -> None:
    store, door = _store(), _Door()
    generation = store.generation
    store._lock = door  # type: ignore[assignment]
    with door.lock:
        puts = threading.Thread(target=store.put, args=("1", "old", ("tag",), generation))
        drops = threading.Thread(target=getattr(store, drop), args=(dropped,))
        for thread in (puts, drops):
            thread.start()
            assert door.arrivals.acquire(timeout=30)
    for thread in (puts, drops):
        thread.join()
    assert not store.entries


class TestWithoutTheServer:
    def test_everything_answers_and_nothing_is_kept(self, own_valkey: OwnValkey) -> None:
        _warm()
        PLAIN.set("1", "kept")
        own_valkey.stop()
        until(lambda: not lives_here("1"))
        assert LOCAL.get("1") is PLAIN.get("1") is MISSING
        assert PLAIN.get_many(["1"]) == {}
        for cache in (PLAIN, LOCAL, TAGGED):
            numbers = iter((1, 2))
            assert cache.get_or_set("a/1", lambda left=numbers: next(left)) == 1  # type: ignore[misc]
            assert cache.get_or_set("a/1", lambda left=numbers: next(left)) == 2  # type: ignore[misc]
        PLAIN.set("1", "lost")
        PLAIN.drop_matching("x*")
        own_valkey.start()
        until(lambda: PLAIN.get_or_set("2", lambda: "back") and PLAIN.get("2") == "back")
        _warm("2")

    def test_threads_still_share_one_computation(self, own_valkey: OwnValkey) -> None:
        own_valkey.stop()
        begun, may_end = threading.Event(), threading.Event()
        made, found = [], []

        def make() -> object:
            made.append(1)
            begun.set()
            may_end.wait(30)
            return "value"

        def ask() -> None:
            found.append(PLAIN.get_or_set("1", make))

        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        assert begun.wait(30)
        until(lambda: len(PLAIN._flights._flights) == 1)
        may_end.set()
        for thread in threads:
            thread.join()
        assert set(found) == {"value"}

    def test_a_drop_is_not_lost(self, own_valkey: OwnValkey) -> None:
        """The server comes back with what it had: what was dropped meanwhile must go first."""
        _warm()
        PLAIN.set_many({"1": "old", "2": "kept"})
        TAGGED.get_or_set("a/1", lambda: "old")
        own_valkey.stop()
        PLAIN.drop("1")
        LOCAL.drop("1")
        SHELF.drop("a")
        own_valkey.start()
        until(lambda: PLAIN.get("2") == "kept")
        until(lambda: PLAIN.get("1") is MISSING)
        until(lambda: LOCAL.get("1") is MISSING)
        until(lambda: TAGGED.get("a/1") is MISSING)

    def test_a_drop_that_failed_alone_is_told_over_the_connection_that_stays(
        self, own_peer: Peer, own_valkey: OwnValkey
    ) -> None:
        _warm()
        until(lambda: own_peer.do("get", "local", "1") and own_peer.do("in process", "local", "1"))
        with closing(Redis.from_url(own_valkey.url)) as raw:
            raw.client_pause(1500, all=False)  # writes alone wait, longer than their time limit
        LOCAL.drop("1")
        assert listener.is_behind()
        assert LOCAL.get("1") is MISSING
        until(lambda: own_peer.do("get", "local", "1") == repr(MISSING))
        until(lambda: not listener.is_behind())

    def test_after_too_many_drops_everything_goes(
        self, own_valkey: OwnValkey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listener, "_MOST_MISSED", 5)
        PLAIN.set_many({"1": "old", "kept": "as well"})
        own_valkey.stop()
        PLAIN.drop(*(str(number) for number in range(10)))
        assert len(listener._listener._missed) <= 5
        own_valkey.start()
        until(lambda: PLAIN.get_or_set("probe", lambda: 1) and PLAIN.get("probe") == 1)
        until(lambda: not listener._listener._missed)
        assert PLAIN.get("1") is PLAIN.get("kept") is MISSING

    def test_a_process_that_was_cut_off_keeps_nothing(
        self, own_peer: Peer, own_valkey: OwnValkey
    ) -> None:
        LOCAL.set("1", "old")
        until(lambda: own_peer.do("get", "local", "1") and own_peer.do("in process", "local", "1"))
        own_valkey.stop()
        until(lambda: not own_peer.do("in process", "local", "1"))
        own_valkey.start()
        until(lambda: own_peer.do("get", "local", "1") == "'old'")


def _store(*, size: int = 100, ttl: float = 60, listening: bool = True) -> LocalStore:
    """One that the process's own listener leaves alone."""
    store = LocalStore("policy", size=size, ttl=ttl)
    LocalStore._all.discard(store)
    store.drop_all(listening=listening)
    return store


class TestPolicy:
    def test_no_more_live_here_than_fit(self) -> None:
        _warm()
        SMALL.get_or_set("warm", lambda: 0)
        for number in range(200):
            SMALL.get_or_set(str(number), lambda value=number: value)  # type: ignore[misc]
        assert 0 < len(SMALL._entries) <= 10
        assert SMALL.get("0") == 0  # it is on the server

    def test_what_is_used_stays_and_what_passes_goes(self) -> None:
        store = _store()
        for _ in range(5):
            for number in range(50):
                if f"hot-{number}" in store.entries:
                    store.entries[f"hot-{number}"].uses += 1
                else:
                    store.put(f"hot-{number}", number, (), store.generation)
            store.tick()
        for number in range(5000):
            store.put(f"passing-{number}", number, (), store.generation)
        hot = sum(f"hot-{number}" in store.entries for number in range(50))
        assert hot >= 45
        assert len(store.entries) <= 100

    def test_it_may_begin_anew_at_any_time(self) -> None:
        """theine's own way to do so panics later, in a few per cent of such runs."""
        chance = random.Random(7)  # noqa: S311  (no secret)
        for _ in range(100):
            store = _store(size=20, listening=False)
            for number in range(1000):
                match chance.choice(("put", "put", "use", "tick", "drop", "anew")):
                    case "put":
                        store.put(str(number), number, (), store.generation)
                    case "use" if store.entries:
                        chance.choice(list(store.entries.values())).uses += 1
                    case "tick":
                        store.tick()
                    case "drop" if store.entries:
                        store.drop(chance.choice(list(store.entries)))
                    case "anew" if chance.random() < 0.02:
                        store.drop_all(listening=chance.random() < 0.9)
                assert len(store.entries) <= 20

    def test_expired_entries_go_with_the_ticks(self) -> None:
        store = _store(ttl=0.5)
        store.put("1", "value", (), store.generation)
        assert "1" in store.entries

        def is_gone() -> bool:
            store.tick()
            return "1" not in store.entries

        until(is_gone)

    def test_nothing_is_kept_while_nobody_listens(self) -> None:
        store = _store(listening=False)
        store.put("1", "value", (), store.generation)
        assert not store.entries

    def test_finds_are_counted_also_of_what_has_gone(self) -> None:
        store = _store()
        store.put("1", "value", (), store.generation)
        store.entries["1"].uses += 3
        assert store.tick() == 3
        store.entries["1"].uses += 2
        store.drop("1")
        assert store.tick() == 2
        assert store.tick() == 0


def test_finds_and_misses_are_told_by_cache_and_layer() -> None:
    def figure(name: str, layer: str) -> float:
        labels = {"cache": "tests:local", "layer": layer}
        return REGISTRY.get_sample_value(f"revenge_cache_{name}_total", labels) or 0

    before = figure("hits", "local"), figure("misses", "shared")
    _warm()
    for _ in range(100):
        LOCAL.get("1")
    assert figure("misses", "shared") > before[1]
    until(lambda: figure("hits", "local") >= before[0] + 100)


def test_a_fork_begins_with_nothing_and_listens_itself(peer: Peer) -> None:
    code = """
        import os, sys, django
        django.setup()
        from tests.core.cache.kinds import LOCAL
        from tests.waiting import until

        def warm():
            LOCAL.get_or_set("1", lambda: "value")
            return "1" in LOCAL._entries

        until(warm)
        if os.fork():
            sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
        assert not LOCAL._entries
        until(warm)
        print("warm", flush=True)
        until(lambda: "1" not in LOCAL._entries)
        print("dropped", flush=True)
        os._exit(0)
    """
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "warm\n"
        peer.do("drop", "local", "1")
        assert process.stdout.readline() == "dropped\n"
    assert process.returncode == 0
