"""What roles there are, who has them, and what somebody may do."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.contrib.auth.models import Group, Permission
from django.db.models import Count, QuerySet

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.core.db.transactions import consistent_read
from apps.core.errors import NotFoundError
from apps.rbac import built_in
from apps.rbac.models import RoleInfo
from apps.users.models import User

ROLES: Final = Tag("rbac", "roles")
"""What the roles may; every change of a role drops it."""

MEMBERSHIP: Final = Tag("rbac", "membership")
"""Which roles a user has, by the hexadecimal id; every change of them drops it."""

PERMISSIONS: Cache[frozenset[str]] = Cache(
    "rbac",
    "permissions",
    ttl=Ttl.PERMISSION,
    local_size=500,
    tags_of=lambda user: (ROLES.key(), MEMBERSHIP.key(user)),
)
"""By the user's hexadecimal id."""


class Named(NamedTuple):
    """A permission by its two parts; `*` is every action, or every resource."""

    resource: str
    action: str

    @classmethod
    def parse(cls, name: str) -> "Named":
        resource, _, action = name.partition(":")
        return cls(resource, action)

    def __str__(self) -> str:
        return f"{self.resource}:{self.action}"


EVERYTHING: Final = Named("*", "*")


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    description: str
    permissions: tuple[Named, ...]
    is_built_in: bool
    user_count: int


def permissions_of(*, user_id: uuid.UUID) -> frozenset[str]:
    """All that the user's roles allow, as `resource:action` or `resource:*`."""
    return PERMISSIONS.get_or_set(user_id.hex, lambda: _read(user_id))


@consistent_read()
def role_list() -> list[Role]:
    """All roles by name."""
    return _roles(Group.objects.all())


@consistent_read()
def role_get(*, name: str) -> Role:
    """Raises NotFoundError."""
    for role in _roles(Group.objects.filter(name=name)):
        return role
    raise NotFoundError("There is no such role")


def roles_of(*, user: User) -> list[str]:
    """The names of a user's roles, sorted; an administrator has `admin`."""
    names = set(user.groups.values_list("name", flat=True)) - {built_in.ADMIN}
    return sorted(names | {built_in.ADMIN} if user.is_admin else names)


def named(permissions: Iterable[Permission]) -> tuple[Named, ...]:
    """Of Django's rows those that are ours, sorted."""
    ours = [row for row in permissions if row.content_type.model == _KIND["content_type__model"]]
    return tuple(sorted(Named.parse(row.codename) for row in ours))


_KIND: Final = {
    "content_type__app_label": RoleInfo._meta.app_label,  # noqa: SLF001  (public API)
    "content_type__model": RoleInfo._meta.model_name,  # noqa: SLF001
}


def _roles(groups: QuerySet[Group]) -> list[Role]:
    found = (
        groups.filter(info__isnull=False)
        .select_related("info")
        .prefetch_related("permissions__content_type")
        .annotate(user_count=Count("user"))
        .order_by("name")
    )
    administrators = User.objects.filter(is_superuser=True).count()
    return [_role(group, administrators) for group in found]


def _role(group: Group, administrators: int) -> Role:
    is_admin = group.name == built_in.ADMIN
    return Role(
        name=group.name,
        description=group.info.description,
        permissions=(EVERYTHING,) if is_admin else named(group.permissions.all()),
        is_built_in=group.info.is_built_in,
        user_count=administrators if is_admin else group.user_count,  # type: ignore[attr-defined]
    )


def _read(user_id: uuid.UUID) -> frozenset[str]:
    names = Permission.objects.filter(group__user=user_id, **_KIND)
    return frozenset(names.values_list("codename", flat=True))
