"""Pages of the film wall: numbered for browsers without scripts, by cursor for the others."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from apps.core.db.keyset import cursor_after, cursor_read, page_after
from apps.core.db.transactions import consistent_read
from apps.movies.models import Movie
from apps.movies.querysets import MovieQuerySet
from apps.movies.selectors import ORDERINGS, MovieOrder

PAGE_SIZE = 48


@dataclass(frozen=True)
class WallPage:
    """Some of `total` films. `number` is None behind a cursor; `cursor` leads to the next page."""

    movies: list[Movie]
    number: int | None
    total: int
    cursor: str | None


@consistent_read()
def page_numbered(movies: MovieQuerySet, number: str | None, *, order: MovieOrder) -> WallPage:
    """Without a number, or with an odd one, the first; with one that is too high the last."""
    page: Page[Movie] = Paginator(movies, PAGE_SIZE).get_page(number)
    shown, total = list(page), page.paginator.count
    cursor = _cursor(shown[-1], order, total) if page.has_next() else None
    return WallPage(shown, page.number, total, cursor)


def page_behind(movies: MovieQuerySet, cursor: str, *, order: MovieOrder) -> WallPage:
    """One more page. Raises InvalidInputError for a cursor that is not one of the list's."""
    ordering = ORDERINGS[order]
    place = cursor_read(cursor, ordering=ordering)
    found = list(page_after(movies, ordering=ordering, cursor=place, limit=PAGE_SIZE + 1))
    shown, total = found[:PAGE_SIZE], place.total
    following = _cursor(shown[-1], order, total) if len(found) > PAGE_SIZE else None
    return WallPage(shown, None, total, following)


def _cursor(movie: Movie, order: MovieOrder, total: int) -> str:
    ordering = ORDERINGS[order]
    return cursor_after(movie, ordering=ordering, total=total).sign(ordering)
