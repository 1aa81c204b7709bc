"""What an invitation gives to see."""

import uuid

from apps.authn.invitations import Grants
from apps.core.db.transactions import transaction
from apps.libraries import grants
from apps.libraries.access import GrantLevel
from apps.libraries.models import Library
from apps.users.models import User


def names() -> dict[uuid.UUID, str]:
    return dict(Library.objects.in_use().order_by("name").values_list("pk", "name"))


@transaction()
def grant(user: User, wanted: Grants) -> None:
    """Libraries that are gone are passed over."""
    for library in Library.objects.in_use().filter(pk__in=wanted):
        level = GrantLevel(wanted[library.pk])
        grants.grant_add(actor=None, library=library, grantee=user, level=level)
