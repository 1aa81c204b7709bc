"""The layer inside a process: W-TinyLFU over a dict.

A value lives here only while the process hears of drops (see `listener`). Reading is one look
into a dict, which is why nothing else happens then: the policy learns of uses, and expired
entries go, once a tick.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from weakref import WeakSet

from theine_core import TlfuCore, spread

_NANOSECONDS: Final = 1_000_000_000


@dataclass(slots=True)
class Entry:
    value: Any
    tags: tuple[str, ...]
    number: int
    """What the policy knows it by."""
    uses: int = 0
    uses_told: int = 0


class LocalStore:
    """The entries of one kind. They may outlive their TTL by one tick."""

    _all: ClassVar["WeakSet[LocalStore]"] = WeakSet()

    def __init__(self, name: str, *, size: int, ttl: float) -> None:
        self.name = name
        self.entries: Final[dict[str, Entry]] = {}
        self._size = size
        self._policy: TlfuCore | None = None  # none while nobody listens
        self._ttl = int(ttl * _NANOSECONDS)
        self._ids: dict[int, str] = {}
        self._uses_gone = 0
        self._lock = threading.Lock()
        # Changes with every drop; None while nobody listens.
        self._generation: object | None = None
        self._all.add(self)

    @classmethod
    def every(cls) -> "Iterator[LocalStore]":
        yield from tuple(cls._all)

    @property
    def generation(self) -> object | None:
        """To be read before a value is, and given to `put` with it."""
        return self._generation

    def put(self, identifier: str, value: object, tags: Iterable[str], generation: object) -> None:
        """Keep a value, unless something was dropped since `generation`."""
        number = spread(hash(identifier))
        with self._lock:
            if self._policy is None or generation is not self._generation:
                return
            self._remove(number)
            self.entries[identifier] = Entry(value, tuple(tags), number)
            self._ids[number] = identifier
            for evicted in self._policy.set([(number, self._ttl)]):
                self._remove(evicted)

    def drop(self, identifier: str) -> None:
        self._drop(lambda: [entry] if (entry := self.entries.get(identifier)) else [])

    def drop_tag(self, tag: str) -> None:
        self._drop(lambda: [entry for entry in self.entries.values() if tag in entry.tags])

    def drop_all(self, *, listening: bool) -> None:
        """Begin anew; without a listener nothing is kept from then on."""
        with self._lock:
            self._generation = object() if listening else None
            self._uses_gone += sum(entry.uses - entry.uses_told for entry in self.entries.values())
            self.entries.clear()
            self._ids.clear()
            # Not its own clear(): that leaves counts behind, on which a later set() panics.
            self._policy = TlfuCore(self._size) if listening else None

    def tick(self) -> int:
        """Let go of what has expired; answers how often values were found since the last tick."""
        used = []
        with self._lock:
            found, self._uses_gone = self._uses_gone, 0
            for entry in self.entries.values():
                if entry.uses != entry.uses_told:
                    found += entry.uses - entry.uses_told
                    entry.uses_told = entry.uses
                    used.append(entry.number)
            if self._policy is not None:
                self._policy.access(used)
                for expired in self._policy.advance():
                    self._remove(expired)
        return found

    def after_fork(self) -> None:
        """In the child nobody listens yet, and no other thread holds the lock."""
        self._lock = threading.Lock()
        self.drop_all(listening=False)
        self._uses_gone = 0  # the parent tells of them

    def _drop(self, find: Callable[[], list[Entry]]) -> None:
        with self._lock:
            if self._policy is None:
                return
            self._generation = object()
            # Only now: what `put` has kept until here is found, and later it keeps nothing old.
            for entry in find():
                self._remove(entry.number)
                self._policy.remove(entry.number)

    def _remove(self, number: int) -> None:
        identifier = self._ids.pop(number, None)
        entry = self.entries.pop(identifier, None) if identifier is not None else None
        if entry is not None:
            self._uses_gone += entry.uses - entry.uses_told
