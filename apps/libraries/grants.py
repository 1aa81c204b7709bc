"""Writes of who may view, download from and manage which library, with what limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.libraries.access import GrantLevel
from apps.libraries.cache import ACCESS
from apps.libraries.models import Library, LibraryGrant, LibraryRoleGrant
from apps.users.models import User

Grant = LibraryGrant | LibraryRoleGrant
Grantee = User | Group


@dataclass(frozen=True, slots=True)
class GrantLimits:
    """As a grant's row has them."""

    max_age: int | None = None
    shows_unrated: bool = False
    blocked_tags: list[str] = field(default_factory=list)


_FIELDS = ("max_age", "shows_unrated", "blocked_tags")


@transaction()
def grant_add(
    *,
    actor: User | None,
    library: Library,
    grantee: Grantee,
    level: GrantLevel,
    limits: GrantLimits | None = None,
) -> Grant:
    """Let a user, or all who have a role, do so; a grant that is there gets the limits, if any are
    named.

    Raises InvalidInputError for limits beyond their bounds, ConflictError when somebody else adds
    the same at that moment.
    """
    permission = Permission.objects.get(
        codename=level.codename, content_type__app_label="libraries"
    )
    rows = _rows(grantee).filter(content_object=library, permission=permission)
    present: Grant | None = rows.select_for_update().first()
    if present is not None:
        return present if limits is None else _limit(actor, present, limits)
    new = _grant(library, grantee, permission)
    _set(new, limits or GrantLimits())
    try:
        new.save(force_insert=True)
    except DuplicateError:
        raise ConflictError(_("Somebody has just given this grant.")) from None
    _record(Action.GRANT_ADD, actor, new, {})
    return new


@transaction()
def grant_update(*, actor: User, grant: Grant, limits: GrantLimits) -> Grant:
    """Change a grant's limits. Raises InvalidInputError for some beyond their bounds."""
    return _limit(actor, type(grant).objects.select_for_update().get(pk=grant.pk), limits)


@transaction()
def grant_remove(
    *, actor: User | None, library: Library, grantee: Grantee, level: GrantLevel
) -> None:
    """Raises NotFoundError where there is no such grant."""
    rows = _rows(grantee).filter(content_object=library, permission__codename=level.codename)
    grant = rows.select_for_update().first()
    if grant is None:
        raise NotFoundError(_("There is no such grant."))
    _record(Action.GRANT_REMOVE, actor, grant, {})
    grant.delete()


def _rows(grantee: Grantee) -> QuerySet[Any]:
    if isinstance(grantee, User):
        return LibraryGrant.objects.filter(user=grantee)
    return LibraryRoleGrant.objects.filter(group=grantee)


def _grant(library: Library, grantee: Grantee, permission: Permission) -> Grant:
    if isinstance(grantee, User):
        return LibraryGrant(content_object=library, user=grantee, permission=permission)
    return LibraryRoleGrant(content_object=library, group=grantee, permission=permission)


def _set(grant: Grant, limits: GrantLimits) -> None:
    for name in _FIELDS:
        setattr(grant, name, getattr(limits, name))
    others = [each.name for each in grant._meta.fields if each.name not in _FIELDS]  # noqa: SLF001
    try:
        grant.clean_fields(exclude=others)
    except ValidationError as error:
        raise InvalidInputError(_("The grant is not valid."), error.message_dict) from None


def _limit(actor: User | None, grant: Grant, limits: GrantLimits) -> Grant:
    before = {name: getattr(grant, name) for name in _FIELDS}
    _set(grant, limits)
    changes = {
        name: (old, getattr(grant, name))
        for name, old in before.items()
        if getattr(grant, name) != old
    }
    if changes:
        grant.save(update_fields=[*changes])
        _record(Action.GRANT_UPDATE, actor, grant, changes)
    return grant


def _record(
    action: Action, actor: User | None, grant: Grant, changes: Mapping[str, tuple[object, object]]
) -> None:
    """Every change of a grant comes by here."""
    who = (
        {"user": grant.user.username, "user_id": grant.user_id}
        if isinstance(grant, LibraryGrant)
        else {"role": grant.group.name}
    )
    limits = {name: getattr(grant, name) for name in _FIELDS}
    activity.record(
        action,
        actor=actor,
        resource=grant.content_object,
        changes=changes,
        metadata={**who, "permission": grant.level.value, **limits},
    )
    ACCESS.drop_on_commit()
