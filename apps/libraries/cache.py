"""What is kept of libraries."""

import uuid
from typing import Final

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag

ACCESS: Final = Tag("libraries", "access")
"""Everybody's right to see films; every change of libraries and grants drops it."""

_TAGS: Final = (ACCESS.key(),)

WATCHABLE: Cache[tuple[uuid.UUID, ...]] = Cache(
    "libraries", "watchable", ttl=Ttl.PERMISSION, local_size=500, tags_of=lambda _: _TAGS
)
"""The libraries whose films a user sees."""
