"""What an invitation gives to see."""

import uuid

from django.contrib.auth.models import Permission

from apps.authn.invitations import Grants
from apps.core.db.transactions import transaction
from apps.libraries.cache import ACCESS
from apps.libraries.models import Library, LibraryGrant
from apps.users.models import User


def names() -> dict[uuid.UUID, str]:
    return dict(Library.objects.order_by("name").values_list("pk", "name"))


@transaction()
def grant(user: User, grants: Grants) -> None:
    """Libraries that are gone are passed over."""
    permissions = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="libraries", content_type__model="library"
        )
    }
    LibraryGrant.objects.bulk_create(
        LibraryGrant(
            user=user,
            content_object=library,
            permission=permissions[f"{grants[library.pk]}_library"],
        )
        for library in Library.objects.filter(pk__in=grants)
    )
    ACCESS.drop_on_commit()
