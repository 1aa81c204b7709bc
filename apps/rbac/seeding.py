"""The built-in roles, made where they are missing; one that is there stays as it was changed."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from apps.core.db.transactions import transaction
from apps.rbac import built_in
from apps.rbac.models import RoleInfo
from apps.users.models import User


@transaction()
def seed() -> None:
    missing = built_in.ROLES.keys() - set(
        Group.objects.filter(info__is_built_in=True).values_list("name", flat=True)
    )
    for name in sorted(missing):
        role = built_in.ROLES[name]
        group, _made = Group.objects.get_or_create(name=name)
        RoleInfo.objects.create(group=group, description=role.description, is_built_in=True)
        group.permissions.set(rows(role.permissions))
        if name == built_in.USER:
            # Accounts from before there were roles.
            group.user_set.set(User.objects.filter(groups=None))


def rows(names: Iterable[str]) -> list[Permission]:
    """Django's rows of permissions, made where they are missing."""
    kind = ContentType.objects.get_for_model(RoleInfo)
    wanted = set(names)
    Permission.objects.bulk_create(
        (Permission(content_type=kind, codename=name, name=name) for name in sorted(wanted)),
        ignore_conflicts=True,
    )
    return list(Permission.objects.filter(content_type=kind, codename__in=wanted))
