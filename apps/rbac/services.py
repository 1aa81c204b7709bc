"""Writes of roles and of who has them. Only administrators come here: a role can give all that
there is, so that who hands out roles could raise himself."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.rows import get_or_not_found
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.rbac import built_in, seeding
from apps.rbac.models import RoleInfo
from apps.rbac.selectors import MEMBERSHIP, ROLES, Named, named, roles_of
from apps.users import services as users
from apps.users.models import User

_NAME: Final = re.compile(r"[^\s/]{1,64}")
_RESOURCE: Final = re.compile(r"[^\s:*]{1,64}")
_ACTION: Final = re.compile(r"[^\s:]{1,32}")
_RESOURCE_TYPE: Final = "role"


@transaction()
def role_create(
    *, actor: User, name: str, description: str = "", permissions: Iterable[Named] = ()
) -> Group:
    """A role of one's own, which may allow what the server does not check (yet).

    Raises InvalidInputError for a bad name or permission, ConflictError for a name that is taken.
    """
    if not (_NAME.fullmatch(name) and name.isprintable()):
        text = _("At most 64 letters, digits or signs, without blanks and slashes.")
        raise InvalidInputError(_("This is no name of a role."), {"name": [text]})
    wanted = _checked(permissions)
    if Group.objects.filter(name__iexact=name).exists():
        raise _taken()
    role = Group(name=name)
    try:
        role.save(force_insert=True)
    except DuplicateError:
        raise _taken() from None
    RoleInfo.objects.create(group=role, description=description)
    role.permissions.set(seeding.rows(map(str, wanted)))
    activity.record(
        Action.ROLE_CREATE,
        actor=actor,
        resource_type=_RESOURCE_TYPE,
        changes={"permissions": (None, sorted(map(str, wanted)))},
        metadata={"role": name},
    )
    ROLES.drop_on_commit()
    return role


@transaction()
def role_describe(*, actor: User, name: str, description: str) -> None:
    """Raises NotFoundError."""
    role = _locked(name)
    before = role.info.description
    if before == description:
        return
    RoleInfo.objects.filter(group=role).update(description=description)
    _record_change(actor, role, "description", before, description)


@transaction()
def role_set_permissions(*, actor: User, name: str, permissions: Iterable[Named]) -> None:
    """Make these what the role allows.

    Raises NotFoundError, and InvalidInputError for a bad permission or the role `admin`, which
    may do everything.
    """
    wanted = _checked(permissions)
    role = _locked(name)
    _set(actor, role, before=_allowed(role), wanted=wanted)


@transaction()
def permission_add(*, actor: User, role_name: str, permission: Named) -> None:
    """Raises InvalidInputError for a role that is not there too."""
    (wanted,) = _checked([permission])
    try:
        role = _locked(role_name)
    except NotFoundError as error:
        raise InvalidInputError(error.message, {"subject": [error.message]}) from None
    before = _allowed(role)
    _set(actor, role, before=before, wanted=before | {wanted})


@transaction()
def permission_remove(*, actor: User, role_name: str, permission: Named) -> None:
    """Raises NotFoundError for a role that is not there or does not allow it."""
    role = _locked(role_name)
    _refuse_admin(role)
    before = _allowed(role)
    if permission not in before:
        raise NotFoundError(_("The role does not allow this."))
    _set(actor, role, before=before, wanted=before - {permission})


@transaction()
def role_delete(*, actor: User, name: str) -> None:
    """Raises NotFoundError, and InvalidInputError for a role that is built in or that somebody
    has."""
    role = _locked(name)
    if role.info.is_built_in:
        raise InvalidInputError(_("A built-in role cannot be deleted."))
    if role.user_set.exists():
        raise InvalidInputError(_("Some users have this role still."))
    role.delete()
    activity.record(
        Action.ROLE_DELETE,
        actor=actor,
        resource_type=_RESOURCE_TYPE,
        metadata={"role": name},
    )
    ROLES.drop_on_commit()


@transaction()
def role_assign(*, actor: User | None, user: User, name: str) -> None:
    """Give a user a role; the role `admin` makes an administrator. Raises NotFoundError."""
    role = _locked(name)
    if name in roles_of(user=user):
        return
    if name == built_in.ADMIN:
        users.user_update(user=user, changes={"is_superuser": True})
    else:
        user.groups.add(role)
    _record_membership(Action.ROLE_ASSIGN, actor, user, name)


@transaction()
def role_remove(*, actor: User | None, user: User, name: str) -> None:
    """Take a role from a user.

    Raises NotFoundError where the user has no such role, ConflictError where no active
    administrator would be left.
    """
    role = _locked(name)
    if name not in roles_of(user=user):
        raise NotFoundError(_("The user does not have this role."))
    if name == built_in.ADMIN:
        users.user_update(user=user, changes={"is_superuser": False})
    else:
        user.groups.remove(role)
    _record_membership(Action.ROLE_REMOVE, actor, user, name)


@transaction()
def roles_set(*, actor: User, user: User, names: Collection[str]) -> None:
    """Make these the user's roles. Raises as `role_assign` and `role_remove` do."""
    present = set(roles_of(user=user))
    for name in sorted(set(names) - present):
        role_assign(actor=actor, user=user, name=name)
    for name in sorted(present - set(names)):
        role_remove(actor=actor, user=user, name=name)


def _locked(name: str) -> Group:
    """Until the transaction ends, so that a role is not given to somebody while it is deleted."""
    roles = Group.objects.select_for_update(of=("self",)).select_related("info")
    return get_or_not_found(
        roles.filter(info__isnull=False), _("There is no such role."), name=name
    )


def _allowed(role: Group) -> set[Named]:
    return set(named(role.permissions.select_related("content_type")))


def _checked(permissions: Iterable[Named]) -> set[Named]:
    wanted = set(permissions)
    for each in wanted:
        if not (
            _RESOURCE.fullmatch(each.resource)
            and _ACTION.fullmatch(each.action)
            and str(each).isprintable()
        ):
            text = _("Name a resource and an action, without blanks and colons.")
            raise InvalidInputError(_("This is no permission."), {"permissions": [text]})
    return wanted


def _set(actor: User, role: Group, *, before: set[Named], wanted: set[Named]) -> None:
    _refuse_admin(role)
    if before == wanted:
        return
    role.permissions.set(seeding.rows(map(str, wanted)))
    old, new = (sorted(map(str, each)) for each in (before, wanted))
    _record_change(actor, role, "permissions", old, new)
    ROLES.drop_on_commit()


def _refuse_admin(role: Group) -> None:
    if role.name == built_in.ADMIN:
        raise InvalidInputError(_("Administrators may do everything."))


def _taken() -> ConflictError:
    return ConflictError(_("There is a role of this name already."))


def _record_change(actor: User, role: Group, field: str, old: object, new: object) -> None:
    activity.record(
        Action.ROLE_UPDATE,
        actor=actor,
        resource_type=_RESOURCE_TYPE,
        changes={field: (old, new)},
        metadata={"role": role.name},
    )


def _record_membership(action: Action, actor: User | None, user: User, name: str) -> None:
    activity.record(action, actor=actor, resource=user, metadata={"role": name})
    MEMBERSHIP.drop_on_commit(user.pk.hex)
