"""What somebody may do."""

import uuid
from typing import Final

from django.contrib.auth.models import Permission

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.rbac.models import RoleInfo

ROLES: Final = Tag("rbac", "roles")
"""What the roles may; every change of a role drops it."""

_TAGS: Final = (ROLES.key(),)

PERMISSIONS: Cache[frozenset[str]] = Cache(
    "rbac", "permissions", ttl=Ttl.PERMISSION, local_size=500, tags_of=lambda _: _TAGS
)
"""By the user's hexadecimal id; every change of a user's roles drops it."""


def permissions_of(*, user_id: uuid.UUID) -> frozenset[str]:
    """All that the user's roles allow, as `resource:action` or `resource:*`."""
    return PERMISSIONS.get_or_set(user_id.hex, lambda: _read(user_id))


def _read(user_id: uuid.UUID) -> frozenset[str]:
    named = Permission.objects.filter(
        group__user=user_id,
        content_type__app_label=RoleInfo._meta.app_label,  # noqa: SLF001  (public API)
        content_type__model=RoleInfo._meta.model_name,  # noqa: SLF001
    )
    return frozenset(named.values_list("codename", flat=True))
