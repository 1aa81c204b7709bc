"""What people watch, as far as libraries count it. An app that knows a type of media registers."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from apps.libraries.access import Access
from apps.libraries.models import Library, LibraryType


@dataclass(frozen=True, slots=True)
class Counted:
    works: int
    unmatched: int
    """Those of which nobody knows what they are elsewhere: they have no id."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What would no longer be shown."""

    works: int
    watched: int
    """So many people's records of having seen one stay for when it comes back."""


class Works(Protocol):
    def counted(self, access: Access) -> Counted:
        """Of those that somebody of this access sees."""

    def leaving(self, root_ids: Collection[uuid.UUID]) -> Leaving:
        """If these roots were none any more."""


_works: dict[str, Works] = {}


def register(library_type: LibraryType, works: Works) -> None:
    _works[library_type] = works


def works_of(library: Library) -> Works:
    return _works[library.type]
