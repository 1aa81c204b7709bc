"""Rows as a queue: each is worked off by one process, and nobody waits for another."""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def claim(queryset: QuerySet[M], *, limit: int) -> list[M]:
    """Lock up to `limit` rows until the transaction ends; rows that somebody else has locked are
    passed over (`FOR UPDATE SKIP LOCKED`).

    In the query set's order, else in that of the keys. Whoever claims changes or deletes the rows
    in the same transaction; when its process dies they are free again. Raises
    TransactionManagementError outside of a transaction.
    """
    ordered = queryset if queryset.ordered else queryset.order_by("pk")
    return list(ordered.select_for_update(skip_locked=True, of=("self",))[:limit])
