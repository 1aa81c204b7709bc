"""Counting requests: on the server with one round trip, in the process while it is away."""

from functools import lru_cache
from typing import Final

from django.conf import settings

from apps.core import metrics
from apps.core.cache.numbers import Count, Counter
from apps.core.ratelimit.limits import Algorithm, Limit, Verdict, Window
from apps.core.ratelimit.memory import MemoryWindows
from apps.core.valkey.clients import AWAY, Script, client

# Answers whether the request is allowed, the window's count and that of the one before, and the
# milliseconds since it began. A clock that goes back begins anew.
SLIDING: Final = Script(
    """
    local burst, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local number, elapsed = math.floor(now / window), now % window
    local held = redis.call('HMGET', KEYS[1], 'number', 'count', 'before')
    local count, before, last = 0, 0, tonumber(held[1])
    if last == number then
        count, before = tonumber(held[2]), tonumber(held[3])
    elseif last == number - 1 then
        before = tonumber(held[2])
    end
    if count + before * (1 - elapsed / window) + 1 > burst then
        return {0, count, before, elapsed}
    end
    if last == number then
        redis.call('HINCRBY', KEYS[1], 'count', 1)
    else
        redis.call('HSET', KEYS[1], 'number', number, 'count', 1, 'before', before)
        redis.call('PEXPIRE', KEYS[1], window * 2)
    end
    return {1, count + 1, before, elapsed}
    """
)
_PREFIX: Final = f"{settings.KEY_PREFIX}:limit:"
_memory: Final = MemoryWindows()


def check(name: str, limit: Limit, *subject: object) -> Verdict:
    """Count one request of a subject: an address, a user, a key, a route, or several of these.

    What is refused does not count in a sliding window. Never fails.
    """
    who = ":".join(map(str, subject))
    try:
        if limit.algorithm is Algorithm.SLIDING:
            verdict = _sliding(f"{_PREFIX}{name}:{who}", limit)
        else:
            verdict = _fixed(_counter(name, limit.window).increment(who), limit)
    except AWAY:
        verdict = _memory.check(f"{name}:{who}", limit)
    if not verdict.is_allowed:
        metrics.RATELIMIT_HITS.labels(name).inc()
    return verdict


def _sliding(key: str, limit: Limit) -> Verdict:
    milliseconds = int(limit.window * 1000)
    is_allowed, count, before, elapsed = SLIDING(client(), [key], limit.burst, milliseconds)
    return Window(count, before, elapsed / 1000).verdict(limit, is_allowed=bool(is_allowed))


def _fixed(count: Count, limit: Limit) -> Verdict:
    is_allowed = count.number <= limit.burst
    return Verdict(
        is_allowed=is_allowed,
        limit=limit.burst,
        remaining=max(0, limit.burst - count.number),
        retry_after=0 if is_allowed else count.seconds_left,
        reset_after=count.seconds_left,
    )


@lru_cache
def _counter(name: str, seconds: float) -> Counter:
    return Counter("limits", name, ttl=seconds)
