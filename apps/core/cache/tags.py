"""What many values depend on, whatever their keys: they go together."""

from apps.core.cache import keys
from apps.core.cache.commits import drop_on_commit
from apps.core.cache.drops import Drop, Kind
from apps.core.cache.listener import drop_now


class Tag:
    """A kind of tag, such as `Tag("users", "user")` for all that depends on a user.

    The server holds a version of each; a value carries the versions that were read before it was
    computed, and counts only while they are the present ones.
    """

    def __init__(self, service: str, name: str) -> None:
        self._service, self._name = service, f"{name}-tag"

    def key(self, identifier: object = "all") -> str:
        return keys.key(self._service, self._name, str(identifier))

    def drop(self, identifier: object = "all") -> None:
        """At once. Never fails."""
        drop_now(self._drop(identifier))

    def drop_on_commit(self, identifier: object = "all") -> None:
        """When the open transaction commits, if one is open."""
        drop_on_commit(self._drop(identifier))

    def _drop(self, identifier: object) -> Drop:
        return Drop(Kind.TAG, f"{self._service}:{self._name}", self.key(identifier))
