"""What the index still has to learn. Light to import, for everybody who changes what is found."""

import uuid
from collections.abc import Collection

from django.conf import settings

from apps.core.db.upserts import insert
from apps.core.jobs import outbox as jobs
from apps.search import tasks
from apps.search.models import IndexRequest


def schedule_index(collection: str, object_ids: Collection[uuid.UUID]) -> None:
    """Have these documents written (or removed) after the surrounding transaction commits."""
    if note(collection, object_ids):
        jobs.enqueue(tasks.sync)


def note(collection: str, object_ids: Collection[uuid.UUID]) -> bool:
    """The same, with the next run of the outbox; answers whether there is anything new."""
    wanted = dict.fromkeys(object_ids)
    if not settings.TYPESENSE_URL:
        # Nobody works the requests off until there is an engine: note a document only once.
        noted = IndexRequest.objects.filter(collection=collection, object_id__in=wanted)
        for pk in noted.values_list("object_id", flat=True):
            wanted.pop(pk, None)
    if not wanted:
        return False
    insert(IndexRequest(collection=collection, object_id=pk) for pk in wanted)
    return True
