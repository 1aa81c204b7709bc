"""What is kept of libraries."""

from typing import TYPE_CHECKING, Final

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.rbac.selectors import MEMBERSHIP

if TYPE_CHECKING:
    from apps.libraries.access import Access

ACCESS: Final = Tag("libraries", "access")
"""Everybody's right to see films; every change of libraries and grants drops it."""


def _tags(identifier: str) -> tuple[str, ...]:
    user, _, _ = identifier.partition(":")
    return ACCESS.key(), MEMBERSHIP.key(user)


ACCESS_OF: "Cache[Access]" = Cache(
    "libraries", "access-of", ttl=Ttl.PERMISSION, local_size=500, tags_of=_tags
)
"""By `{user}:{admin or user}:{level}`; see `access.access_of`."""
