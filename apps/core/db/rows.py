"""One row, or the error that says there is none."""

from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet

from apps.core.errors import NotFoundError

M = TypeVar("M", bound=Model)


def get_or_not_found(queryset: QuerySet[M], message: str, **where: object) -> M:
    """The only row of the query set that is so. Raises NotFoundError with the message."""
    try:
        return queryset.get(**where)
    except ObjectDoesNotExist:
        raise NotFoundError(message) from None
