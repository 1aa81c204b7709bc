"""`Cache`: one kind of value that is kept for a while."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from apps.core import metrics
from apps.core.cache import keys, listener
from apps.core.cache.commits import PENDING, drop_on_commit, is_pending
from apps.core.cache.drops import Drop, Kind
from apps.core.cache.flights import Flights
from apps.core.cache.listener import drop_now
from apps.core.cache.local import LocalStore
from apps.core.cache.shared import (
    MISSING,
    PATIENCE_SECONDS,
    Found,
    Lease,
    Missing,
    SharedStore,
    TagsOf,
)
from apps.core.valkey.clients import AWAY

logger = logging.getLogger(__name__)

T = TypeVar("T")


def drop_everything() -> None:
    """All values of all caches, and nothing else of the server's."""
    drop_now(Drop(Kind.EVERYTHING))


class Cache(Generic[T]):
    """Values of type T under `{service}:{entity}:{id}`.

    With `local_size` that many live in the process too: every caller there gets the same object,
    so that T must not be changed. `tags_of` names the tags of a value by its id. While the server
    is away nothing is found and nothing is kept; no method fails for that.
    """

    def __init__(
        self,
        service: str,
        entity: str,
        *,
        ttl: float = keys.Ttl.DEFAULT,
        local_size: int = 0,
        tags_of: TagsOf | None = None,
    ) -> None:
        if ttl > keys.Ttl.DAY:
            raise ValueError("a value may outlive none of its tags' versions")
        self.name = f"{service}:{entity}"
        self._shared = SharedStore(service, entity, ttl=ttl, tags_of=tags_of)
        self._local = LocalStore(self.name, size=local_size, ttl=ttl) if local_size else None
        self._entries = self._local.entries if self._local else {}
        self._local_miss = metrics.CACHE_MISSES.labels(self.name, "local").inc
        self._flights = Flights[T](self.name)

    def get(self, identifier: str) -> T | Missing:
        if not PENDING:
            try:
                entry = self._entries[identifier]
            except KeyError:
                pass
            else:
                entry.uses += 1
                value: T = entry.value
                return value
        elif self._is_pending(identifier):
            return MISSING
        return self._get_shared(identifier)

    def get_many(self, identifiers: Iterable[str]) -> dict[str, T]:
        """What there is, by id; from the server, in one round trip."""
        wanted = [each for each in dict.fromkeys(identifiers) if not self._is_pending(each)]
        if not wanted or listener.is_behind():
            return {}
        try:
            return self._shared.read_many(wanted)
        except AWAY:
            return {}

    def get_or_set(self, identifier: str, make: Callable[[], T]) -> T:
        """The value, computed if there is none: by one thread of one process, the others wait.

        They get its error too, and within the process also while the server is away. A process
        that dies on the way is waited for no longer than LEASE_SECONDS.

        `make` must see what is committed at that moment: not from within a transaction that keeps
        the snapshot of its beginning (REPEATABLE READ, SERIALIZABLE).
        """
        value = self.get(identifier)
        if not isinstance(value, Missing):
            return value
        if self._is_pending(identifier):
            return make()

        def fill() -> T:
            return self._fill(identifier, make)

        return self._flights.run(identifier, fill, patience=PATIENCE_SECONDS)

    def set(self, identifier: str, value: T) -> None:
        self.set_many({identifier: value})

    def set_many(self, values: Mapping[str, T]) -> None:
        """Store values that are right whatever was there before; not for caches with tags."""
        try:
            self._shared.write_many(values)
        except AWAY:
            self.drop(*values)
            return
        if self._local is not None:
            for identifier in values:
                drop_now(Drop(Kind.COPIES, self.name, identifier))

    def drop(self, *identifiers: str) -> None:
        """At once, in every process."""
        for identifier in identifiers:
            drop_now(self._drop(identifier))

    def drop_on_commit(self, *identifiers: str) -> None:
        """When the open transaction commits, if one is open."""
        for identifier in identifiers:
            drop_on_commit(self._drop(identifier))

    def drop_matching(self, pattern: str = "*") -> None:
        """At once, all whose ids match SCAN's pattern. It looks at every key of the server."""
        drop_now(Drop(Kind.PATTERN, self.name, pattern))

    def _drop(self, identifier: str) -> Drop:
        return Drop(Kind.VALUE, self.name, identifier)

    def _is_pending(self, identifier: str) -> bool:
        return bool(PENDING) and is_pending(self.name, identifier, self._shared.tags_of(identifier))

    def _get_shared(self, identifier: str) -> T | Missing:
        generation = self._generation()
        if self._local is not None:
            self._local_miss()
        if listener.is_behind():
            return MISSING
        try:
            value: T | Missing = self._shared.read(identifier)
        except AWAY:
            return MISSING
        if not isinstance(value, Missing):
            self._keep(identifier, value, generation)
        return value

    def _fill(self, identifier: str, make: Callable[[], T]) -> T:
        generation = self._generation()
        try:
            found = None if listener.is_behind() else self._shared.find_or_lease(identifier)
        except AWAY:
            found = None
        if isinstance(found, Found):
            value: T = found.value
            self._keep(identifier, value, generation)
        elif found is None:
            value = make()
        else:
            value = self._make(found, make)
            if self._stored(found, value):
                self._keep(identifier, value, generation)
        return value

    def _make(self, lease: Lease, make: Callable[[], T]) -> T:
        try:
            return make()
        except BaseException:
            try:
                self._shared.release(lease)
            except AWAY:
                logger.debug("the lease of %s ends by itself", lease.key)
            raise

    def _stored(self, lease: Lease, value: T) -> bool:
        try:
            return self._shared.store(lease, value)
        except AWAY:
            return False

    def _generation(self) -> object | None:
        if self._local is None:
            return None
        if self._local.generation is None:
            listener.join(self._local)
        return self._local.generation

    def _keep(self, identifier: str, value: T, generation: object | None) -> None:
        if self._local is not None:
            self._local.put(identifier, value, self._shared.tags_of(identifier), generation)
