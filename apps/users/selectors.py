"""Reads of users."""

import uuid
from typing import Any, Final

from django.db import connection

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.users.models import User

# Without the password's hash: it stays in the database.
_FIELDS: Final = [f.attname for f in User._meta.concrete_fields if f.name != "password"]  # noqa: SLF001  (public API)

USERS: Cache[tuple[Any, ...] | None] = Cache("users", "user", ttl=Ttl.USER, local_size=500)
"""Rows by the hexadecimal id; every write of a user drops its row."""


def user_get(*, user_id: uuid.UUID) -> User | None:
    """A user of one's own to work with, active or not; the password's hash is read when asked
    for."""
    row = USERS.get_or_set(
        user_id.hex, lambda: User.objects.filter(pk=user_id).values_list(*_FIELDS).first()
    )
    return None if row is None else User.from_db(connection.alias, _FIELDS, row)
