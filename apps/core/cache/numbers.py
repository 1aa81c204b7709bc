"""Counters, and values of which only a newer one replaces an older."""

import pickle
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from apps.core.cache import keys
from apps.core.valkey.clients import AWAY, Script, client

T = TypeVar("T")

_COUNT: Final = Script(
    """
    local count = redis.call('INCRBY', KEYS[1], ARGV[1])
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 then
        left = tonumber(ARGV[2])
        redis.call('PEXPIRE', KEYS[1], left)
    end
    return {count, left}
    """
)
_PUT_NEWER: Final = Script(
    """
    local present = redis.call('HGET', KEYS[1], 'version')
    if present and tonumber(present) >= tonumber(ARGV[1]) then return 0 end
    redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return 1
    """
)


@dataclass(frozen=True)
class Count:
    number: int
    seconds_left: float
    """Until the counter begins anew."""


class Counter:
    """Counts under `{service}:{entity}:{id}`, each for `ttl` seconds from its first increment.

    Methods raise the errors in AWAY: only the caller knows what to make of no count.
    """

    def __init__(self, service: str, entity: str, *, ttl: float) -> None:
        self._prefix = keys.key(service, entity, "")
        self._milliseconds = int(ttl * 1000)

    def increment(self, identifier: str, by: int = 1) -> Count:
        key = self._prefix + identifier
        number, left = _COUNT(client(), [key], by, self._milliseconds)
        return Count(number, left / 1000)

    def reset(self, identifier: str) -> None:
        client().delete(self._prefix + identifier)


class Versioned(Generic[T]):
    """Values with a number that grows, such as a time: a late writer does not undo a later one's
    work. While the server is away nothing is stored and nothing is found."""

    def __init__(self, service: str, entity: str, *, ttl: float) -> None:
        self._prefix = keys.key(service, entity, "")
        self._milliseconds = int(ttl * 1000)

    def get(self, identifier: str) -> tuple[float, T] | None:
        """The version and the value."""
        try:
            version, value = client().hmget(self._prefix + identifier, "version", "value")
        except AWAY:
            return None
        if version is None or value is None:
            return None
        return float(version), pickle.loads(value)  # noqa: S301  (as in `shared`)

    def put(self, identifier: str, value: T, version: float) -> bool:
        """Whether it was stored: not over the same version or a later one."""
        key, data = self._prefix + identifier, pickle.dumps(value, -1)
        try:
            return bool(_PUT_NEWER(client(), [key], version, data, self._milliseconds))
        except AWAY:
            return False
