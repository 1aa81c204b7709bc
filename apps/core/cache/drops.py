"""Dropping values: on the server, and in every process."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps.core.cache import keys
from apps.core.cache.flights import Flights
from apps.core.cache.local import LocalStore
from apps.core.ids import new_id
from apps.core.valkey.clients import Script
from apps.core.valkey.interface import Client

_DROP_VALUE: Final = Script(
    """
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('PUBLISH', ARGV[1], ARGV[2])
    """
)
_DROP_TAG: Final = Script(
    """
    redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
    redis.call('PUBLISH', ARGV[1], ARGV[2])
    """
)
_SCAN_COUNT: Final = 500


class Kind(StrEnum):
    VALUE = "value"
    COPIES = "copies"
    TAG = "tag"
    PATTERN = "pattern"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Drop:
    """What is to be dropped: one value of a cache, its copies in processes alone, all values that
    have a tag, all of a cache whose ids match, or everything."""

    kind: Kind
    name: str = ""
    """`service:entity`."""
    identifier: str = ""
    """The value's id, the tag's key, or the pattern of ids."""

    @classmethod
    def parse(cls, message: str) -> "Drop":
        kind, name, identifier = message.split(" ", 2)
        return cls(Kind(kind), name, identifier)

    def message(self) -> str:
        return f"{self.kind} {self.name} {self.identifier}"

    def apply(self) -> None:
        """In this process."""
        is_of_one = self.kind in {Kind.VALUE, Kind.COPIES}
        for flights in Flights.every():
            if not is_of_one:
                flights.forget_all()
            elif flights.name == self.name:
                flights.forget(self.identifier)
        for store in LocalStore.every():
            if self.kind is Kind.TAG:
                store.drop_tag(self.identifier)
            elif store.name == self.name and is_of_one:
                store.drop(self.identifier)
            elif self.kind is Kind.EVERYTHING or store.name == self.name:
                store.drop_all(listening=store.generation is not None)

    def send(self, server: Client) -> None:
        """On the server, which tells every process. Raises the errors in AWAY."""
        told = (keys.CHANNEL, self.message())
        if self.kind is Kind.TAG:
            _DROP_TAG(server, [self.identifier], *told, new_id().hex, keys.Ttl.DAY)
        elif self.kind is Kind.VALUE:
            value = f"{keys.ROOT}{self.name}:{self.identifier}"
            _DROP_VALUE(server, [value, keys.lease_key(value)], *told)
        elif self.kind is Kind.COPIES:
            server.publish(*told)
        else:
            prefix = keys.ROOT if self.kind is Kind.EVERYTHING else f"{keys.ROOT}{self.name}:"
            pattern = keys.glob_escaped(prefix) + (self.identifier or "*")
            # Leases first: what is computed now is then not stored behind the second scan.
            _unlink(server, keys.lease_key(pattern))
            _unlink(server, pattern)
            server.publish(*told)

    def concerns(self, name: str, identifier: str, tags: tuple[str, ...]) -> bool:
        if self.kind is Kind.TAG:
            return self.identifier in tags
        return self.kind is Kind.EVERYTHING or (
            self.name == name and (self.kind is Kind.PATTERN or self.identifier == identifier)
        )


def _unlink(server: Client, pattern: str) -> None:
    batch: list[bytes] = []
    for found in server.scan_iter(match=pattern, count=_SCAN_COUNT):
        batch.append(found)
        if len(batch) == _SCAN_COUNT:
            server.unlink(*batch)
            batch.clear()
    if batch:
        server.unlink(*batch)
