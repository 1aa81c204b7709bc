"""The layer on the server.

Who computes a value holds its lease. A drop takes the lease away, so that a value computed before
it cannot be stored after it; values with tags carry the tags' versions besides. Values are pickled:
the server holds sessions already, and whoever may write to it is trusted.
"""

import pickle
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from apps.core import metrics
from apps.core.cache import keys
from apps.core.ids import new_id
from apps.core.valkey.clients import Script, client

LEASE_SECONDS: Final = 5.0
"""Who computes for longer does so for its own caller: somebody else may take over."""
PATIENCE_SECONDS: Final = 15.0
_LEASE_MILLISECONDS: Final = int(LEASE_SECONDS * 1000)
_FIRST_PAUSE: Final = 0.004
_LONGEST_PAUSE: Final = 0.1

_STORE: Final = Script(
    """
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
    """
)
_RELEASE: Final = Script(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
)
_get_took = metrics.CACHE_SECONDS.labels("get").observe


class Missing(Enum):
    """Tells that there is no value from a value that is None."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

TagsOf = Callable[[str], tuple[str, ...]]
"""The keys of the tags of a value, by its id."""
_Versions = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Found:
    value: Any


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to store a value, and the versions of its tags before it was computed."""

    key: str
    token: str
    versions: _Versions


class SharedStore:
    """The values of one kind. All methods raise the errors in AWAY."""

    def __init__(self, service: str, entity: str, *, ttl: float, tags_of: TagsOf | None) -> None:
        name = f"{service}:{entity}"
        self._prefix = keys.key(service, entity, "")
        self._milliseconds = int(ttl * 1000)
        self._tags_of = tags_of
        self._hit = metrics.CACHE_HITS.labels(name, "shared").inc
        self._miss = metrics.CACHE_MISSES.labels(name, "shared").inc

    def tags_of(self, identifier: str) -> tuple[str, ...]:
        return self._tags_of(identifier) if self._tags_of is not None else ()

    def read(self, identifier: str) -> Any:  # noqa: ANN401
        """The value or MISSING."""
        if self._tags_of is not None:
            value, _ = self._read_tagged(identifier)
        else:
            begin = time.perf_counter()
            data = client().get(self._prefix + identifier)
            _get_took(time.perf_counter() - begin)
            value = MISSING if data is None else _unpickled(data)
        (self._miss if value is MISSING else self._hit)()
        return value

    def read_many(self, identifiers: Sequence[str]) -> dict[str, Any]:
        """What there is, by id, in one round trip."""
        tags = [self.tags_of(each) for each in identifiers]
        wanted = [self._prefix + each for each in identifiers]
        every_key = list(dict.fromkeys((*wanted, *(tag for each in tags for tag in each))))
        data = dict(zip(every_key, _mget(every_key), strict=True))
        found = {}
        for identifier, key, own in zip(identifiers, wanted, tags, strict=True):
            value = self._opened(data[key], tuple(data[tag] for tag in own))
            if value is not MISSING:
                found[identifier] = value
        self._hit(len(found))
        self._miss(len(identifiers) - len(found))
        return found

    def write_many(self, values: Mapping[str, Any]) -> None:
        """Store values over what is there or is being computed, in one round trip.

        Not for values with tags: nobody knows whether these were computed before a drop.
        """
        if self._tags_of is not None:
            raise TypeError("values with tags are stored by whoever computes them")
        with _timed("set_many"), client().pipeline(transaction=False) as pipeline:
            for identifier, value in values.items():
                key = self._prefix + identifier
                # The lease first: its holder could store an older value after this one.
                pipeline.delete(keys.lease_key(key))
                pipeline.set(key, pickle.dumps(value, -1), px=self._milliseconds)
            pipeline.execute()

    def find_or_lease(self, identifier: str) -> Found | Lease | None:
        """The value, or the right to store it; None when others took too long to compute it."""
        key, token = self._prefix + identifier, new_id().hex
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, _FIRST_PAUSE
        while True:
            is_leased = client().set(keys.lease_key(key), token, nx=True, px=_LEASE_MILLISECONDS)
            value, versions = self._read_tagged(identifier)
            if is_leased and value is MISSING:
                return Lease(key, token, versions)
            if is_leased:  # stored just before
                _RELEASE(client(), [keys.lease_key(key)], token)
            if value is not MISSING:
                return Found(value)
            if time.monotonic() > deadline:
                return None
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (no secret)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def store(self, lease: Lease, value: Any) -> bool:  # noqa: ANN401
        """Whether it was stored: never after a drop."""
        content = value if self._tags_of is None else (lease.versions, value)
        data = pickle.dumps(content, -1)
        with _timed("set"):
            leased = [lease.key, keys.lease_key(lease.key)]
            return bool(_STORE(client(), leased, lease.token, data, self._milliseconds))

    def release(self, lease: Lease) -> None:
        """Let somebody else compute it."""
        _RELEASE(client(), [keys.lease_key(lease.key)], lease.token)

    def _read_tagged(self, identifier: str) -> tuple[Any, _Versions]:
        names = [self._prefix + identifier, *self.tags_of(identifier)]
        data, *versions = _mget(names)
        if None in versions:
            for tag in names[1:]:
                client().set(tag, new_id().hex, nx=True, ex=keys.Ttl.DAY)
            data, *versions = _mget(names)
        return self._opened(data, tuple(versions)), tuple(versions)

    def _opened(self, data: bytes | None, versions: _Versions) -> Any:  # noqa: ANN401
        if data is None or None in versions:
            return MISSING
        content = _unpickled(data)
        if self._tags_of is None or content is MISSING:
            return content
        stored, value = content
        return value if stored == versions else MISSING


def _mget(names: list[str]) -> list[bytes | None]:
    with _timed("get_many"):
        return client().mget(names)


def _unpickled(data: bytes) -> Any:  # noqa: ANN401
    """MISSING where another version of the code has stored something that is gone by now."""
    try:
        return pickle.loads(data)  # noqa: S301  (see above)
    except (AttributeError, ImportError, TypeError, pickle.UnpicklingError):
        return MISSING


@contextmanager
def _timed(operation: str) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        metrics.CACHE_SECONDS.labels(operation).observe(time.perf_counter() - begin)
