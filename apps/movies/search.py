"""Finding films: the search engine, and the database behind it."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q

from apps.core.metrics import SEARCH_REQUESTS, SEARCH_SECONDS
from apps.libraries.access import Access, Limits, access_of
from apps.libraries.scan.titles import fold, printable
from apps.movies.index import MOVIES, UNRATED
from apps.movies.models import Movie
from apps.movies.querysets import MovieQuerySet
from apps.search import services as search
from apps.search.errors import SearchUnavailableError
from apps.users.models import User

MAX_QUERY = 200


@dataclass(frozen=True)
class MovieSearch:
    """One page of found films. `degraded`: the database answered, by titles alone."""

    movies: list[Movie]
    total: int
    degraded: bool


def movie_search(
    *, user: User | AnonymousUser, query: str, limit: int, offset: int = 0
) -> MovieSearch:
    """Films by title, people and plot, typing errors forgiven; best first."""
    query = printable(query)[:MAX_QUERY]
    access = access_of(user)
    if not query or not access:
        return MovieSearch([], 0, degraded=False)
    # The engine knows no punctuation: asked for nothing else it answers with every film.
    if not any(map(str.isalnum, query)):
        return _title_search(user, query, limit, offset, degraded=False)
    try:
        ids, total = _engine_search(query, access, limit, offset)
    except SearchUnavailableError:
        return _title_search(user, query, limit, offset, degraded=True)
    # The engine may be a moment behind: what the database no longer shows is left out.
    movies = Movie.objects.visible_to(user).select_related("poster").in_bulk(ids)
    return MovieSearch([movies[pk] for pk in ids if pk in movies], total, degraded=False)


def movie_search_titles(*, user: User | AnonymousUser, query: str) -> MovieQuerySet:
    """Films whose title holds the words or resembles them, by trigrams; accents do not matter."""
    SEARCH_REQUESTS.labels(MOVIES.name, "database").inc()
    text = fold(printable(query)[:MAX_QUERY])
    return (
        Movie.objects.visible_to(user)
        .filter(Q(search_text__contains=text) | Q(search_text__trigram_word_similar=text))
        .annotate(similarity=TrigramWordSimilarity(text, "search_text"))
        .select_related("poster")
        .order_by("-similarity", "sort_title", "id")
    )


def _title_search(
    user: User | AnonymousUser, query: str, limit: int, offset: int, *, degraded: bool
) -> MovieSearch:
    found = movie_search_titles(user=user, query=query)
    with SEARCH_SECONDS.labels(MOVIES.name).time():
        return MovieSearch(list(found[offset : offset + limit]), found.count(), degraded=degraded)


def _engine_search(
    query: str, access: Access, limit: int, offset: int
) -> tuple[list[uuid.UUID], int]:
    documents, total = search.search(
        MOVIES,
        {
            "q": query,
            "query_by": "title,original_title,directors,cast,genres,overview",
            "query_by_weights": "10,8,4,4,2,1",
            "prefix": "true,true,true,true,true,false",
            "infix": "fallback,off,off,off,off,off",
            "filter_by": _filter(access),
            "sort_by": "_text_match:desc,popularity:desc,vote_average:desc",
            "include_fields": "id",
            "highlight_fields": "none",
        },
        limit=limit,
        offset=offset,
    )
    return [uuid.UUID(document["id"]) for document in documents], total


def _filter(access: Access) -> str:
    """What `Movie.objects.admitted_by` says, in the engine's words."""
    parts = [_in_libraries(access.whole)] if access.whole else []
    for limits, libraries in access.limited:
        parts.append(f"({' && '.join([_in_libraries(libraries), *_within(limits)])})")
    return " || ".join(parts)


def _in_libraries(libraries: Iterable[uuid.UUID]) -> str:
    return f"library_ids:=[{','.join(map(str, libraries))}]"


def _within(limits: Limits) -> Iterator[str]:
    if limits.max_age is not None:
        lowest = UNRATED if limits.shows_unrated else 0
        yield f"minimum_age:[{lowest}..{limits.max_age}]"
    if limits.blocked_tags:
        # In backticks a comma separates nothing; `access.tag_keys` leaves none in a tag.
        yield f"tag_keys:!=[{','.join(f'`{tag}`' for tag in limits.blocked_tags)}]"
