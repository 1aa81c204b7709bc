"""Attempts that fail make the next one wait; the server counts, or else the process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.core.ratelimit.backoff import Backoff, Rule
from tests.core.conftest import OwnValkey
from tests.waiting import until

HOUR = 3600


@pytest.fixture(params=["server", "process"])
def backoff(
    request: pytest.FixtureRequest, own_valkey: OwnValkey
) -> Callable[[str, Rule], Backoff]:
    if request.param == "process":
        own_valkey.stop()
    return Backoff


def fail(backoff: Backoff, subject: str, times: int) -> None:
    for _ in range(times):
        backoff.failed(subject)


def test_the_pause_grows_up_to_its_ceiling(backoff: Callable[[str, Rule], Backoff]) -> None:
    counted = backoff("grows", Rule(free=3, base=HOUR, ceiling=5 * HOUR))
    fail(counted, "a", 2)
    assert counted.wait("a") == 0
    expected = [HOUR, 2 * HOUR, 4 * HOUR, 5 * HOUR, 5 * HOUR]
    for seconds in expected:
        counted.failed("a")
        assert seconds - 60 < counted.wait("a") <= seconds
    assert counted.wait("b") == 0


def test_it_is_never_for_ever() -> None:
    rule = Rule(free=5)
    assert [rule.pause(failed) for failed in (0, 4, 5, 6, 7)] == [0, 0, 1, 2, 4]
    assert rule.pause(15) == rule.pause(10_000) == 15 * 60


def test_what_succeeded_or_was_forgotten(backoff: Callable[[str, Rule], Backoff]) -> None:
    counted = backoff("forgets", Rule(free=1, base=HOUR, ceiling=HOUR))
    fail(counted, "a", 3)
    counted.succeeded("a")
    assert counted.wait("a") == 0
    counted.failed("a")
    assert counted.wait("a") > 0
    counted.forget("a")
    assert counted.wait("a", is_begun=True) == counted.wait("a") == 0


def test_beyond_the_free_ones_there_is_one_at_a_time(
    backoff: Callable[[str, Rule], Backoff],
) -> None:
    counted = backoff("one", Rule(free=1, base=0.05, ceiling=HOUR))
    fail(counted, "a", 1)
    until(lambda: counted.wait("a") == 0)
    fail(counted, "b", 12)
    counted.succeeded("b")
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: counted.wait("b", is_begun=True), range(8)))
    assert sorted(wait > 0 for wait in waits) == [False] + [True] * 7


def test_it_is_forgotten_in_time(backoff: Callable[[str, Rule], Backoff]) -> None:
    counted = backoff("kept", Rule(free=1, base=HOUR, ceiling=HOUR, kept=0.2))
    counted.failed("a")
    until(lambda: counted.wait("a") == 0)


def test_the_process_counts_a_bounded_number(own_valkey: OwnValkey) -> None:
    own_valkey.stop()
    counted = Backoff("bounded", Rule(free=1, base=HOUR, ceiling=HOUR))
    for number in range(10_050):
        counted.failed(str(number))
    assert len(counted._memory._states) == 10_000
    assert counted.wait("0") == 0
    assert counted.wait("10049") > 0
