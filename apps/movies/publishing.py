"""What follows a change of films: the search index learns it, and cached lists are dropped."""

import uuid
from collections.abc import Collection

from django.db import transaction

from apps.movies import cached_lists
from apps.search import outbox


def movies_changed(movie_ids: Collection[uuid.UUID]) -> None:
    """Call it in the transaction of the change; it takes effect on commit."""
    if movie_ids:
        outbox.schedule_index("movies", movie_ids)
        transaction.on_commit(cached_lists.drop)
