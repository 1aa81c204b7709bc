"""Films as the search engine knows them."""

import uuid
from collections.abc import Collection, Iterator

from django.db.models import Prefetch

from apps.movies.models import Credit, CreditType, Movie
from apps.search.registry import Document, SearchCollection

UNRATED = -1
"""The age of a film whose rating says nothing: the engine knows no null."""


def _documents(ids: Collection[uuid.UUID]) -> list[Document]:
    in_order = Credit.objects.select_related("person").order_by("order")
    movies = (
        Movie.objects.filter(pk__in=ids)
        .exclude(library_ids=[])
        .prefetch_related("genres", Prefetch("credits", queryset=in_order))
    )
    return [_document(movie) for movie in movies]


def _document(movie: Movie) -> Document:
    people = list(movie.credits.all())
    cast = [c.person.name for c in people if c.credit_type == CreditType.CAST][:30]
    directors = [c.person.name for c in people if c.job == "Director"]
    return {
        "id": str(movie.pk),
        "title": movie.title,
        "original_title": movie.original_title,
        "sort_title": movie.sort_title,
        "year": movie.year or 0,
        "overview": movie.overview[:2000],
        "genres": [genre.name for genre in movie.genres.all()],
        "cast": cast,
        "directors": directors,
        "library_ids": [str(pk) for pk in movie.library_ids],
        "minimum_age": UNRATED if movie.minimum_age is None else movie.minimum_age,
        "tag_keys": movie.tag_keys,
        "vote_average": movie.vote_average or 0.0,
        "popularity": movie.popularity or 0.0,
        "added_at": int(movie.library_added_at.timestamp()),
    }


def _all_ids() -> Iterator[uuid.UUID]:
    return Movie.objects.exclude(library_ids=[]).values_list("pk", flat=True).iterator()


MOVIES = SearchCollection(
    name="movies",
    fields=(
        {"name": "title", "type": "string", "infix": True},
        {"name": "original_title", "type": "string", "optional": True},
        {"name": "sort_title", "type": "string", "sort": True},
        {"name": "year", "type": "int32", "facet": True},
        {"name": "overview", "type": "string", "optional": True},
        {"name": "genres", "type": "string[]", "facet": True},
        {"name": "cast", "type": "string[]"},
        {"name": "directors", "type": "string[]"},
        {"name": "library_ids", "type": "string[]"},
        {"name": "minimum_age", "type": "int32"},
        {"name": "tag_keys", "type": "string[]"},
        {"name": "vote_average", "type": "float"},
        {"name": "popularity", "type": "float"},
        {"name": "added_at", "type": "int64"},
    ),
    documents=_documents,
    all_ids=_all_ids,
)
