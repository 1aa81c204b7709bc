"""What follows a change of films: the search index learns it, and cached lists are dropped."""

import uuid
from collections.abc import Collection

from apps.movies.cached_lists import CATALOGUE
from apps.search import outbox


def movies_changed(movie_ids: Collection[uuid.UUID]) -> None:
    """Call it in the transaction of the change; it takes effect on commit."""
    if movie_ids:
        outbox.schedule_index("movies", movie_ids)
        CATALOGUE.drop_on_commit()
