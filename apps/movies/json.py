"""Films as the API shows them, made by the database (measured several times faster than
serializers for a list of 50).

`tests/movies/test_json.py` holds these texts equal to what the serializers say.
"""

import json
from typing import Any

from django.db import connection
from django.db.models.query import QuerySet

from apps.core.db.keyset import Cursor, page_after
from apps.core.db.lists import Ordering
from apps.movies.models import Movie

# As DATETIME_FORMAT in the settings of the serializers.
_RFC_3339 = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
# What a film's JSON is made of.
_COLUMNS = (
    "id", "title", "original_title", "sort_title", "year", "release_date", "runtime", "overview",
    "tagline",
    "status", "original_language", "tmdb_id", "imdb_id", "poster__key", "backdrop__key",
    "trailer_url", "vote_average", "vote_count", "popularity", "budget", "revenue",
    "external_ratings", "library_added_at", "metadata_updated_at", "created_at", "updated_at",
)  # fmt: skip
_MOVIE = f"""
json_strip_nulls(json_build_object(
    'id', m.id,
    'title', m.title,
    'original_title', nullif(m.original_title, ''),
    'year', m.year,
    'release_date', m.release_date,
    'runtime', m.runtime,
    'overview', nullif(m.overview, ''),
    'tagline', nullif(m.tagline, ''),
    'status', nullif(m.status, ''),
    'original_language', nullif(m.original_language, ''),
    'tmdb_id', m.tmdb_id,
    'imdb_id', m.imdb_id,
    'poster_path', '/' || m.poster__key || '.jpg',
    'backdrop_path', '/' || m.backdrop__key || '.jpg',
    'trailer_url', nullif(m.trailer_url, ''),
    'vote_average', m.vote_average,
    'vote_count', m.vote_count,
    'popularity', m.popularity,
    'budget', m.budget,
    'revenue', m.revenue,
    'external_ratings', m.external_ratings,
    'library_added_at', to_char(m.library_added_at AT TIME ZONE 'UTC', {_RFC_3339}),
    'metadata_updated_at', to_char(m.metadata_updated_at AT TIME ZONE 'UTC', {_RFC_3339}),
    'created_at', to_char(m.created_at AT TIME ZONE 'UTC', {_RFC_3339}),
    'updated_at', to_char(m.updated_at AT TIME ZONE 'UTC', {_RFC_3339})
))
"""


def movies_json(movies: QuerySet[Movie]) -> str:
    """A JSON array of `Movie` objects, in the order of the query set."""
    page, parameters = _page(movies)
    return str(_row(f"{page} SELECT {_array('true')}", parameters)[0])


def movies_page_json(
    movies: QuerySet[Movie],
    *,
    ordering: Ordering,
    limit: int,
    offset: int = 0,
    cursor: Cursor | None = None,
) -> str:
    """A page of films in an ordering as a JSON `MovieListResponse`, in one round trip.

    It begins behind the cursor, or else at the offset; then it is numbered, and all films are
    counted. A cursor leads to the next page, as long as there is one.
    """
    if cursor is not None:
        shown = page_after(movies, ordering=ordering, cursor=cursor, limit=limit + 1)
        every, every_parameters = "%s", (cursor.total,)
    else:
        shown = ordering.apply(movies)[offset : offset + limit + 1]
        counted, every_parameters = movies.order_by().values("pk").query.sql_with_params()
        every = f"(SELECT count(*) FROM ({counted}) AS every)"  # noqa: S608  (see _page)
    page, parameters = _page(shown)
    last = ", ".join(f"m.{name}" for name in ordering.fields)
    sql = f"""{page}
        SELECT {_array("m.position <= %s")}, {every}, (
            SELECT json_build_array({last})::text FROM page AS m
            WHERE m.position = %s AND EXISTS (SELECT FROM page WHERE position > %s)
        )
    """  # noqa: S608
    items, total, behind = _row(sql, (*parameters, limit, *every_parameters, limit, limit))
    more = {"total": total, "page_size": limit}
    if cursor is None:
        more["page"] = offset // limit + 1
    if behind is not None:
        more["cursor"] = Cursor(tuple(json.loads(behind)), total).sign(ordering)
    return f'{{"items":{items},{json.dumps(more)[1:]}'


def _page(movies: QuerySet[Movie]) -> tuple[str, tuple[Any, ...]]:
    """SQL that names the films `page`, and its parameters. Only the query set's own SQL is put
    in."""
    rows, parameters = movies.values(*_COLUMNS).query.sql_with_params()
    sql = f"WITH page AS (SELECT page.*, row_number() OVER () AS position FROM ({rows}) AS page)"  # noqa: S608
    return sql, parameters


def _array(condition: str) -> str:
    return f"""(
        SELECT coalesce(json_agg({_MOVIE} ORDER BY m.position)::text, '[]')
        FROM page AS m WHERE {condition}
    )"""  # noqa: S608


def _row(sql: str, parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
