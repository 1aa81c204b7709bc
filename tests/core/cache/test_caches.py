"""Values are computed once, found again, and never found after they were dropped."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache as django_cache
from django.db import connection, transaction

from apps.core.cache import caches, shared
from apps.core.cache.caches import Cache
from apps.core.cache.shared import MISSING
from apps.core.valkey.clients import client
from tests.core.cache.conftest import Peer
from tests.core.cache.kinds import (
    BRIEF,
    COUNTER,
    LOCAL,
    LOCAL_BRIEF,
    PLAIN,
    SHELF,
    TAGGED,
    VERSIONED,
)
from tests.waiting import until

kinds = pytest.mark.parametrize("cache", [PLAIN, LOCAL, TAGGED], ids=lambda cache: cache.name)


class Maker:
    """Makes numbers, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> int:
        self.made += 1
        return self.made


class Slow:
    """Begins, and waits to be let go."""

    def __init__(self, value: object) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self._value = value

    def __call__(self) -> object:
        self.begun.set()
        assert self.may_end.wait(30)
        return self._value


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as executor:
        yield executor


@kinds
@pytest.mark.parametrize("value", [None, 0, "", [], {"a": (1, b"\x00")}, "\u00e9" * 100_000])
def test_a_value_is_computed_once(cache: Cache[object], value: object) -> None:
    assert cache.get("a/1") is MISSING
    maker = iter([value])
    assert cache.get_or_set("a/1", lambda: next(maker)) == value
    assert cache.get_or_set("a/1", lambda: next(maker)) == value
    assert cache.get("a/1") == value
    assert cache.get_many(["a/1", "a/2"]) == {"a/1": value}


@kinds
def test_ids_and_kinds_do_not_meet(cache: Cache[object]) -> None:
    assert cache.get_or_set("a/1", lambda: 1) == 1
    assert cache.get_or_set("a/2", lambda: 2) == 2
    assert BRIEF.get("a/1") is MISSING


@kinds
def test_what_is_dropped_is_computed_again(cache: Cache[object]) -> None:
    make = Maker()
    for expected in (1, 2, 3):
        assert cache.get_or_set("a/1", make) == expected
        assert cache.get_or_set("a/1", make) == expected
        cache.drop("a/1")
        assert cache.get("a/1") is MISSING


def test_keys_say_what_they_hold() -> None:
    PLAIN.set("7", "value")
    assert client().get(f"{settings.KEY_PREFIX}:cache:tests:plain:7") is not None


def test_values_expire() -> None:
    BRIEF.set("1", "a")
    LOCAL_BRIEF.get_or_set("1", lambda: "a")
    until(lambda: BRIEF.get("1") is MISSING)
    until(lambda: LOCAL_BRIEF.get("1") is MISSING)


def test_many_are_stored_and_read_at_once() -> None:
    PLAIN.set_many({str(number): number for number in range(1000)})
    found = PLAIN.get_many(str(number) for number in range(-5, 1000))
    assert found == {str(number): number for number in range(1000)}
    assert PLAIN.get_many([]) == {}


def test_values_with_tags_are_not_set_without_being_computed() -> None:
    with pytest.raises(TypeError):
        TAGGED.set("a/1", 1)


def test_a_tag_drops_all_that_have_it() -> None:
    make = Maker()
    for identifier in ("a/1", "a/2", "b/1"):
        TAGGED.get_or_set(identifier, make)
    SHELF.drop("a")
    assert TAGGED.get_many(["a/1", "a/2", "b/1"]) == {"b/1": 3}
    assert TAGGED.get("a/1") is TAGGED.get("a/2") is MISSING
    assert TAGGED.get("b/1") == 3
    assert TAGGED.get_or_set("a/1", make) == 4
    assert TAGGED.get("a/1") == 4


def test_a_tag_whose_version_was_lost_drops_its_values() -> None:
    TAGGED.get_or_set("a/1", lambda: 1)
    client().delete(SHELF.key("a"))
    assert TAGGED.get_many(["a/1"]) == {}


@pytest.mark.parametrize("cache", [PLAIN, LOCAL], ids=lambda cache: cache.name)
def test_a_pattern_drops_what_matches_and_nothing_else(cache: Cache[object]) -> None:
    cache.set_many({f"{letter}:{number}": number for letter in "ab" for number in range(600)})
    other = f"{settings.KEY_PREFIX}:jobs:a:1"
    client().set(other, "kept")
    cache.drop_matching("a:*")
    left = cache.get_many(f"{letter}:{number}" for letter in "ab" for number in range(600))
    assert left.keys() == {f"b:{number}" for number in range(600)}
    assert client().get(other) == b"kept"
    client().delete(other)


def test_everything_is_all_values_and_nothing_else() -> None:
    other = f"{settings.KEY_PREFIX}:jobs:queue"
    client().set(other, "kept")
    for cache in (PLAIN, LOCAL, TAGGED):
        cache.get_or_set("a/1", lambda: 1)
    caches.drop_everything()
    assert PLAIN.get("a/1") is LOCAL.get("a/1") is TAGGED.get("a/1") is MISSING
    assert client().get(other) == b"kept"
    client().delete(other)


def test_nobody_can_empty_the_server() -> None:
    with pytest.raises(NotImplementedError):
        django_cache.clear()
    assert not hasattr(Cache, "clear")


def test_a_value_of_other_code_counts_as_none() -> None:
    key = f"{settings.KEY_PREFIX}:cache:tests:plain:1"
    client().set(key, b"cno.such.module\nThing\n.")
    assert PLAIN.get("1") is MISSING
    client().set(key, b"not a pickle")
    assert PLAIN.get("1") is MISSING


class TestSingleFlight:
    @kinds
    def test_many_threads_compute_once(self, cache: Cache[object], pool: Any) -> None:
        slow = Slow("value")
        calls = [pool.submit(cache.get_or_set, "a/1", slow) for _ in range(30)]
        assert slow.begun.wait(30)
        slow.may_end.set()
        assert {call.result() for call in calls} == {"value"}
        again = Maker()
        assert cache.get_or_set("a/1", again) == "value"
        assert again.made == 0

    def test_they_share_an_error_and_the_next_caller_tries_again(self, pool: Any) -> None:
        begun, may_end = threading.Event(), threading.Event()
        runs = []

        def fail() -> object:
            runs.append(1)
            begun.set()
            may_end.wait(30)
            raise ZeroDivisionError

        first = pool.submit(PLAIN.get_or_set, "1", fail)
        assert begun.wait(30)
        may_end.set()
        with pytest.raises(ZeroDivisionError):
            first.result()
        assert PLAIN.get_or_set("1", lambda: "value") == "value"
        assert len(runs) == 1

    def test_another_process_waits_for_the_value(self, peer: Peer, pool: Any) -> None:
        peer.tell({"do": "make", "cache": "plain", "id": "1"})
        assert peer.hear() == "making"
        mine = Maker()
        waiting = [pool.submit(PLAIN.get_or_set, "1", mine) for _ in range(5)]
        peer.tell("theirs")
        assert {call.result() for call in waiting} == {"theirs"}
        assert peer.hear() == "theirs"
        assert mine.made == 0

    def test_a_holder_that_dies_is_replaced_by_one(self, pool: Any) -> None:
        holder = Peer(settings.REDIS_URL)
        try:
            holder.tell({"do": "make", "cache": "plain", "id": "1"})
            assert holder.hear() == "making"
        finally:
            holder.end()
        mine = Maker()
        calls = [pool.submit(PLAIN.get_or_set, "1", mine) for _ in range(20)]
        assert {call.result() for call in calls} == {1}

    def test_who_waits_too_long_computes_alone(
        self, monkeypatch: pytest.MonkeyPatch, peer: Peer
    ) -> None:
        monkeypatch.setattr(shared, "PATIENCE_SECONDS", 0.05)
        peer.tell({"do": "make", "cache": "plain", "id": "1"})
        assert peer.hear() == "making"
        assert PLAIN.get_or_set("1", lambda: "mine") == "mine"
        peer.tell("theirs")
        assert peer.hear() == "theirs"
        assert PLAIN.get("1") == "theirs"


class TestDropsWhileComputing:
    """A value computed before a drop is not found after it."""

    @kinds
    @pytest.mark.parametrize("drop", ["value", "pattern"])
    def test_in_this_process(self, cache: Cache[object], drop: str, pool: Any) -> None:
        self._race(cache, drop, pool)

    def test_of_a_tag(self, pool: Any) -> None:
        self._race(TAGGED, "tag", pool)

    def _race(self, cache: Cache[object], drop: str, pool: Any) -> None:
        slow = Slow("old")
        call = pool.submit(cache.get_or_set, "a/1", slow)
        assert slow.begun.wait(30)
        drops = {
            "value": lambda: cache.drop("a/1"),
            "pattern": lambda: cache.drop_matching("a/*"),
            "tag": lambda: SHELF.drop("a"),
        }
        drops[drop]()
        # Who asks after the drop does not join what was begun before it.
        assert pool.submit(cache.get_or_set, "a/1", lambda: "new").result() == "new"
        slow.may_end.set()
        assert call.result() == "old"
        assert cache.get("a/1") == "new"
        assert cache.get_many(["a/1"]) == {"a/1": "new"}

    @pytest.mark.parametrize("order", ["drop", "drop shelf"])
    def test_in_another(self, peer: Peer, order: str, pool: Any) -> None:
        slow = Slow("old")
        call = pool.submit(TAGGED.get_or_set, "a/1", slow)
        assert slow.begun.wait(30)
        assert peer.do(order, "tagged", "a/1" if order == "drop" else "a") == "dropped"
        slow.may_end.set()
        assert call.result() == "old"
        # This process may have kept it before it heard of the drop.
        until(lambda: TAGGED.get("a/1") is MISSING)
        assert TAGGED.get_or_set("a/1", lambda: "new") == "new"

    def test_a_set_stays(self, pool: Any) -> None:
        slow = Slow("old")
        call = pool.submit(PLAIN.get_or_set, "1", slow)
        assert slow.begun.wait(30)
        PLAIN.set("1", "new")
        slow.may_end.set()
        assert call.result() == "old"
        assert PLAIN.get("1") == "new"


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    @kinds
    def test_a_drop_waits_for_the_commit(self, cache: Cache[object]) -> None:
        cache.get_or_set("a/1", lambda: "old")
        with transaction.atomic():
            cache.drop_on_commit("a/1")
            assert cache.get_many(["a/1"]) == {}  # this transaction reads past it
            assert cache.get_or_set("a/1", lambda: "uncommitted") == "uncommitted"
            with ThreadPoolExecutor(1) as other:
                assert other.submit(cache.get, "a/1").result() == "old"
        assert cache.get("a/1") is MISSING

    @kinds
    def test_a_rollback_drops_nothing(self, cache: Cache[object]) -> None:
        cache.get_or_set("a/1", lambda: "old")
        with transaction.atomic():
            cache.drop_on_commit("a/1")
            SHELF.drop_on_commit("a")
            transaction.set_rollback(True)
        assert cache.get("a/1") == "old"

    def test_the_same_for_tags(self) -> None:
        TAGGED.get_or_set("a/1", lambda: "old")
        with transaction.atomic():
            SHELF.drop_on_commit("a")
            assert TAGGED.get("a/1") is MISSING
            assert TAGGED.get_or_set("a/1", lambda: "uncommitted") == "uncommitted"
            assert TAGGED.get_or_set("b/1", lambda: "other") == "other"
        assert TAGGED.get("a/1") is MISSING
        assert TAGGED.get("b/1") == "other"

    def test_without_a_transaction_it_is_now(self) -> None:
        assert not connection.in_atomic_block
        PLAIN.set("1", "old")
        PLAIN.drop_on_commit("1")
        assert PLAIN.get("1") is MISSING


class TestNumbers:
    def test_a_counter_counts_all_threads(self, pool: Any) -> None:
        list(pool.map(lambda _: COUNTER.increment("a"), range(200)))
        count = COUNTER.increment("a", by=10)
        assert count.number == 210
        assert 0 < count.seconds_left <= 60
        assert COUNTER.increment("b").number == 1
        COUNTER.reset("a")
        assert COUNTER.increment("a").number == 1

    def test_only_a_newer_value_replaces_one(self) -> None:
        assert VERSIONED.get("a") is None
        assert VERSIONED.put("a", "second", 2.5)
        assert not VERSIONED.put("a", "first", 1)
        assert not VERSIONED.put("a", "same", 2.5)
        assert VERSIONED.get("a") == (2.5, "second")
        assert VERSIONED.put("a", "third", 3)
        assert VERSIONED.get("a") == (3, "third")
