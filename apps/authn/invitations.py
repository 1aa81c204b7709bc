"""Links that let people make an account, with a role and libraries to see."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import Group
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn.models import Invitation
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.rbac import built_in
from apps.users.models import User

LONGEST: Final = timedelta(days=365)
MOST_USES: Final = 1000


class LibraryPermission(StrEnum):
    VIEW = "view"
    DOWNLOAD = "download"
    MANAGE = "manage"


Grants = Mapping[uuid.UUID, LibraryPermission]
"""What may be done with a library, by its id."""


@dataclass
class Libraries:
    """What the app of libraries, which stands above this one, lends to invitations."""

    names: Callable[[], dict[uuid.UUID, str]] = dict
    grant: Callable[[User, Grants], None] = lambda _user, _grants: None
    """Libraries that are gone are passed over."""


libraries: Final = Libraries()


@transaction()
def invitation_create(
    *, actor: User, role: Group, grants: Grants, uses: int, expires_at: datetime, note: str = ""
) -> tuple[Invitation, str]:
    """A new invitation, and the secret of its link, which is stored as a hash alone.

    Raises InvalidInputError for what is out of bounds or not there.
    """
    _check(role=role, grants=grants, uses=uses, expires_at=expires_at)
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        token_hash=_hash(token),
        note=note[:100],
        role=role,
        grants={str(library): permission.value for library, permission in grants.items()},
        uses_left=uses,
        expires_at=expires_at,
        created_by=actor,
    )
    about = {"role": role.name, "libraries": made.grants, "uses": uses, "expires_at": expires_at}
    activity.record(Action.INVITATION_CREATE, actor=actor, resource=made, metadata=about)
    return made, token


@transaction()
def invitation_revoke(*, invitation: Invitation, actor: User) -> None:
    """Raises ConflictError for one that works no more."""
    if not _usable().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        raise ConflictError(_("This invitation works no more."))
    activity.record(Action.INVITATION_REVOKE, actor=actor, resource=invitation)


def invitation_find(token: str) -> Invitation:
    """One that can be used: who is an administrator no more lets nobody in any more. Raises
    NotFoundError."""
    by_administrators = _usable().filter(created_by__is_active=True, created_by__is_superuser=True)
    of_token = by_administrators.filter(token_hash=_hash(token))
    found = of_token.select_related("role").first()
    if found is None:
        raise NotFoundError(_("This invitation is not valid any more."))
    return found


def invitation_take(token: str) -> Invitation:
    """Use it once more, in the open transaction. Raises NotFoundError, also for all but one of
    those who come at once for the last use."""
    found = invitation_find(token)
    if not _usable().filter(pk=found.pk).update(uses_left=F("uses_left") - 1):
        raise NotFoundError(_("This invitation is not valid any more."))
    return found


def invitation_grant(invitation: Invitation, user: User) -> None:
    grants = {uuid.UUID(pk): LibraryPermission(may) for pk, may in invitation.grants.items()}
    libraries.grant(user, grants)


def _usable() -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        expires_at__gt=timezone.now(), uses_left__gt=0, revoked_at=None
    )


def _check(*, role: Group, grants: Grants, uses: int, expires_at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    if role.name == built_in.ADMIN:
        wrong["role"] = [_("Administrators are made by administrators alone.")]
    if not 1 <= uses <= MOST_USES:
        wrong["uses"] = [_("From 1 to %(most)d.") % {"most": MOST_USES}]
    if not timezone.now() < expires_at <= timezone.now() + LONGEST:
        wrong["expires_at"] = [_("Within the next %(days)d days.") % {"days": LONGEST.days}]
    if grants.keys() - libraries.names().keys():
        wrong["libraries"] = [_("There is no such library.")]
    if wrong:
        raise InvalidInputError(_("The invitation is not valid."), wrong)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
