"""Pauses between attempts that fail: on the server, in the process while it is away."""

import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from apps.core.cache import keys
from apps.core.valkey.clients import AWAY, Script, client

# Milliseconds until an attempt may be made; with ARGV[1] set, one that may is noted, so that
# beyond the free ones there is one at a time.
_WAIT: Final = Script(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local held = redis.call('HMGET', KEYS[1], 'failed', 'until')
    local failed, over = tonumber(held[1] or 0), tonumber(held[2] or 0)
    if now < over then return over - now end
    local free, base, ceiling = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    if ARGV[1] == '1' and failed >= free then
        redis.call('HSET', KEYS[1], 'until', now + math.min(ceiling, base * 2 ^ (failed - free)))
    end
    return 0
    """
)
_FAILED: Final = Script(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local failed = redis.call('HINCRBY', KEYS[1], 'failed', 1)
    local free, base, ceiling = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    if failed >= free then
        redis.call('HSET', KEYS[1], 'until', now + math.min(ceiling, base * 2 ^ (failed - free)))
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return failed
    """
)


@dataclass(frozen=True)
class Rule:
    """`free` failures cost nothing; then `base` seconds pass before the next attempt, doubled with
    each failure, at most `ceiling`. All is forgotten `kept` seconds after the last failure."""

    free: int
    base: float = 1
    ceiling: float = 15 * 60
    kept: float = 24 * 3600

    def pause(self, failed: int) -> float:
        """Seconds after that many failures."""
        if failed < self.free:
            return 0
        return float(min(self.ceiling, self.base * 2 ** min(failed - self.free, 64)))


class Backoff:
    """Of the attempts on each of many subjects. No method fails."""

    def __init__(self, name: str, rule: Rule) -> None:
        self._prefix = keys.key("backoff", name, "")
        self._rule = rule
        self._memory = _Memory(rule)
        self._times = tuple(int(1000 * each) for each in (rule.base, rule.ceiling))

    def wait(self, subject: str, *, is_begun: bool = False) -> float:
        """Seconds until an attempt may be made, 0 if now. `is_begun` says that it is made if it
        may: the next one then waits until this has ended, or its pause is over."""
        arguments = (int(is_begun), self._rule.free, *self._times)
        try:
            return float(_WAIT(client(), [self._prefix + subject], *arguments)) / 1000
        except AWAY:
            return self._memory.wait(subject, is_begun=is_begun)

    def failed(self, subject: str) -> None:
        arguments = (self._rule.free, *self._times, int(1000 * self._rule.kept))
        try:
            _FAILED(client(), [self._prefix + subject], *arguments)
        except AWAY:
            self._memory.failed(subject)

    def succeeded(self, subject: str) -> None:
        """The next attempt need not wait; the failures before stay counted."""
        try:
            client().hdel(self._prefix + subject, "until")
        except AWAY:
            self._memory.succeeded(subject)

    def forget(self, subject: str) -> None:
        try:
            client().delete(self._prefix + subject)
        except AWAY:
            self._memory.forget(subject)


@dataclass(slots=True)
class _State:
    failed: int = 0
    over: float = 0
    seen: float = 0


class _Memory:
    """For at most `size` subjects; those that failed longest ago go first."""

    def __init__(self, rule: Rule, size: int = 10_000) -> None:
        self._rule, self._size = rule, size
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def wait(self, subject: str, *, is_begun: bool) -> float:
        now = time.monotonic()
        with self._lock:
            state = self._states.get(subject)
            if state is None or now > state.seen + self._rule.kept:
                return 0
            if now < state.over:
                return state.over - now
            if is_begun:
                state.over = now + self._rule.pause(state.failed)
            return 0

    def failed(self, subject: str) -> None:
        now = time.monotonic()
        with self._lock:
            state = self._states.pop(subject, None)
            if state is None or now > state.seen + self._rule.kept:
                state = _State()
            state.failed, state.seen = state.failed + 1, now
            state.over = now + self._rule.pause(state.failed)
            self._states[subject] = state
            if len(self._states) > self._size:
                del self._states[next(iter(self._states))]

    def succeeded(self, subject: str) -> None:
        with self._lock:
            if subject in self._states:
                self._states[subject].over = 0

    def forget(self, subject: str) -> None:
        with self._lock:
            self._states.pop(subject, None)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
