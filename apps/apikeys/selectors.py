import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core.errors import NotFoundError
from apps.users.models import User


def key_list(*, user: User) -> QuerySet[ApiKey]:
    """A user's keys, those that expired too; the newest first."""
    return user.api_keys.all()


def key_get(*, user: User, key_id: uuid.UUID) -> ApiKey:
    """Raises NotFoundError unless it is the user's."""
    key = key_list(user=user).filter(pk=key_id).first()
    if key is None:
        raise NotFoundError(_("There is no such key."))
    return key
