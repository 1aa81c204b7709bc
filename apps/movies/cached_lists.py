"""Pages of the API's film list, kept for a minute.

Keys carry the state of the catalogue: a change of any film gives it a new name, and with it every
page another key. A page that was made from the old state can then be stored, but not be found.
They carry the viewer's libraries too, so that a grant or its end counts at once.
"""

import hashlib
import uuid
from dataclasses import astuple

from django.core.cache import cache

from apps.core.db.keyset import cursor_read
from apps.core.ids import new_id
from apps.libraries.models import Library
from apps.movies import json, selectors
from apps.movies.selectors import MovieFilter, MovieOrder, Viewer

_STATE = "movies:catalogue:state"
_SECONDS = 60


def page_json(
    *,
    user: Viewer,
    order: MovieOrder,
    chosen: MovieFilter,
    limit: int,
    offset: int,
    cursor: str | None,
) -> str:
    """As `json.movies_page_json`. Without the cache's server the database answers each time.

    Raises InvalidInputError for a cursor that is not one of the list's.
    """
    libraries = Library.objects.watchable_ids(user)
    key = _key(libraries, order, chosen, limit, offset, cursor)
    page: str | None = cache.get(key)
    if page is None:
        ordering = selectors.ORDERINGS[order]
        page = json.movies_page_json(
            selectors.movie_list(user=user, order=order, chosen=chosen),
            ordering=ordering,
            limit=limit,
            offset=offset,
            cursor=cursor_read(cursor, ordering=ordering) if cursor else None,
        )
        cache.set(key, page, timeout=_SECONDS)
    return page


def drop() -> None:
    """Give the catalogue's state a new name."""
    cache.set(_STATE, new_id().hex, timeout=None)


def _key(
    libraries: list[uuid.UUID],
    order: MovieOrder,
    chosen: MovieFilter,
    *page: int | str | None,
) -> str:
    state = cache.get(_STATE)
    if state is None:
        state = new_id().hex
        cache.set(_STATE, state, timeout=None)
    parts = (sorted(map(str, libraries)), order.value, astuple(chosen), *page)
    return f"movies:list:{state}:{hashlib.sha256(repr(parts).encode()).hexdigest()}"
