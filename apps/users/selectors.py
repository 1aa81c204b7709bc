"""Reads of users."""

import uuid
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.db.lists import Filters
from apps.core.errors import NotFoundError
from apps.core.permissions import Permission
from apps.users.models import User, UserPreferences, Visibility

# Without the password's hash: it stays in the database.
_FIELDS: Final = [f.attname for f in User._meta.concrete_fields if f.name != "password"]  # noqa: SLF001  (public API)

USERS: Cache[tuple[Any, ...] | None] = Cache("users", "user", ttl=Ttl.USER, local_size=500)
"""Rows by the hexadecimal id, with what `user_auth_hash` answers at the end; every write of a user
drops its row."""


def user_get(*, user_id: uuid.UUID) -> User | None:
    """A user of one's own to work with, active or not; the password's hash is read when asked
    for."""
    row = _row(user_id)
    return None if row is None else User.from_db(connection.alias, _FIELDS, row[:-1])


def user_auth_hash(*, user_id: uuid.UUID) -> str | None:
    """What Django binds the session of a browser to: a keyed hash that changes with the
    password."""
    row = _row(user_id)
    return None if row is None else row[-1]


def _row(user_id: uuid.UUID) -> tuple[Any, ...] | None:
    row = USERS.get_or_set(user_id.hex, lambda: _read(user_id))
    if row is not None and len(row) != len(_FIELDS) + 1:  # kept by another version of the server
        row = _read(user_id)
    return row


def _read(user_id: uuid.UUID) -> tuple[Any, ...] | None:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return None
    return (*(getattr(user, name) for name in _FIELDS), user.get_session_auth_hash())


_FILTERS: Final = Filters(
    {
        "query": lambda text: (
            Q(username__icontains=text) | Q(email__icontains=text) | Q(display_name__icontains=text)
        ),
        "is_active": lambda value: Q(is_active=value),
        "is_admin": lambda value: Q(is_superuser=value),
    }
)


def user_page(*, limit: int, offset: int, **wanted: object) -> tuple[list[User], int]:
    """Accounts by name, without deleted ones, and how many there are of these filters: `query`,
    `is_active`, `is_admin`."""
    found = User.objects.filter(_FILTERS.condition(wanted), deleted_at=None)
    return list(found.order_by("username", "pk")[offset : offset + limit]), found.count()


def user_find(*, user_id: uuid.UUID) -> User:
    """For user administration. Raises NotFoundError, also for a deleted account."""
    user = User.objects.filter(pk=user_id, deleted_at=None).first()
    if user is None:
        raise _no_such_user()
    return user


def user_seen_by(viewer: User, *, user_id: uuid.UUID) -> User:
    """Somebody, if the viewer may know about them. Raises NotFoundError."""
    user = user_get(user_id=user_id)
    if user is None or user.deleted_at is not None:
        raise _no_such_user()
    if sees_everything_of(viewer, user) or (user.is_active and _is_public(user)):
        return user
    raise _no_such_user()


def sees_everything_of(viewer: User, user: User) -> bool:
    return viewer == user or viewer.has_perm(Permission.USERS_GET)


def _is_public(user: User) -> bool:
    # Nobody has friends here yet: what is for them is for nobody.
    return UserPreferences.objects.filter(user=user, profile_visibility=Visibility.PUBLIC).exists()


def _no_such_user() -> NotFoundError:
    return NotFoundError(_("There is no such user."))
