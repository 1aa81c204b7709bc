"""Many rows at once, new or not."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)

BATCH = 1000


def upsert(rows: Iterable[M], *, key: Sequence[str], columns: Sequence[str]) -> None:
    """Insert rows; where one with the same key is there, give it these columns instead
    (`INSERT … ON CONFLICT … DO UPDATE`), one statement for each BATCH.

    `key` names the columns of a unique constraint (by attribute: `root_id`), `columns` the fields
    that follow. Of rows with one key the last wins. They are written in the order of their keys,
    so that two writers of the same rows wait for each other and never in a circle. An id that the
    database has given is not read back.
    """
    key_of = attrgetter(*key)
    unique = {key_of(row): row for row in rows}
    if not unique:
        return
    wanted = [unique[one] for one in sorted(unique)]
    type(wanted[0])._default_manager.bulk_create(  # noqa: SLF001  (Django's public name for it)
        wanted,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=key,
        update_fields=columns,
    )
