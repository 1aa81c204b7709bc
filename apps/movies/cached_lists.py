"""Pages of the API's film list, and what the wall can be narrowed to.

All depend on the catalogue: a change of any film drops them. Their ids carry what the viewer
sees, so that a grant or its end counts at once.
"""

import hashlib
from dataclasses import astuple, dataclass
from typing import Final

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.core.db.keyset import cursor_read
from apps.libraries.access import Access, access_of
from apps.movies import json, selectors
from apps.movies.selectors import MovieFilter, MovieOrder, Viewer

CATALOGUE: Final = Tag("movies", "catalogue")

_TAGS: Final = (CATALOGUE.key(),)


@dataclass(frozen=True)
class GenreChoice:
    slug: str
    name: str


@dataclass(frozen=True)
class Facets:
    genres: tuple[GenreChoice, ...]
    years: tuple[int, ...]


_PAGES: Cache[str] = Cache("movies", "page", ttl=Ttl.LIST, tags_of=lambda _: _TAGS)
_FACETS: Cache[Facets] = Cache("movies", "facets", ttl=Ttl.FACETS, tags_of=lambda _: _TAGS)


def page_json(
    *,
    user: Viewer,
    order: MovieOrder,
    chosen: MovieFilter,
    limit: int,
    offset: int,
    cursor: str | None,
) -> str:
    """As `json.movies_page_json`. Raises InvalidInputError for a cursor that is not one of the
    list's."""
    access = access_of(user)

    def make() -> str:
        ordering = selectors.ORDERINGS[order]
        movies = selectors.movie_list(user=user, order=order, chosen=chosen)
        return json.movies_page_json(
            # Others who see the same get the page: a grant of this moment is not theirs.
            movies.admitted_by(access),
            ordering=ordering,
            limit=limit,
            offset=offset,
            cursor=cursor_read(cursor, ordering=ordering) if cursor else None,
        )

    parts = (order.value, astuple(chosen), limit, offset, cursor)
    return _PAGES.get_or_set(_id(access, *parts), make)


def facets(*, user: Viewer) -> Facets:
    """The genres and years of the films that the user may view."""

    def make() -> Facets:
        genres = selectors.genre_list(user=user)
        return Facets(
            genres=tuple(GenreChoice(genre.slug, genre.name) for genre in genres),
            years=tuple(selectors.year_list(user=user)),
        )

    return _FACETS.get_or_set(_id(access_of(user)), make)


def _id(access: Access, *parts: object) -> str:
    return hashlib.sha256(repr((access, *parts)).encode()).hexdigest()
