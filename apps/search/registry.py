"""The collections of the index. An app that has something to find registers it."""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class SearchCollection:
    """A Typesense collection and where its documents come from.

    `documents` answers the documents of those ids that still exist and can be shown; the others
    are removed from the index. `all_ids` yields every id, for an index made anew.
    """

    name: str
    fields: tuple[Mapping[str, Any], ...]
    documents: Callable[[Collection[uuid.UUID]], list[Document]]
    all_ids: Callable[[], Iterator[uuid.UUID]]


_collections: dict[str, SearchCollection] = {}


def register(collection: SearchCollection) -> None:
    _collections[collection.name] = collection


def get(name: str) -> SearchCollection:
    return _collections[name]


def all_collections() -> list[SearchCollection]:
    return list(_collections.values())
