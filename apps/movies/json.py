"""Films as the API shows them, made by the database (measured several times faster than
serializers for a list of 50).

`tests/movies/test_json.py` holds these texts equal to what the serializers say.
"""

from typing import Any

from django.db import connection
from django.db.models.query import QuerySet

from apps.movies.models import Movie

# As DATETIME_FORMAT in the settings of the serializers.
_RFC_3339 = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
# What a film's JSON is made of.
_COLUMNS = (
    "id", "title", "original_title", "year", "release_date", "runtime", "overview", "tagline",
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
    array, parameters = _array(movies)
    return str(_row(f"SELECT ({array})", parameters)[0])


def movies_page_json(movies: QuerySet[Movie], *, limit: int, offset: int) -> tuple[str, int]:
    """A page of films as a JSON array, and how many there are in all, in one round trip."""
    array, parameters = _array(movies[offset : offset + limit])
    every, every_parameters = movies.order_by().values("pk").query.sql_with_params()
    sql = f"SELECT ({array}), (SELECT count(*) FROM ({every}) AS every)"  # noqa: S608  (see _array)
    items, total = _row(sql, (*parameters, *every_parameters))
    return str(items), int(total)


def _array(movies: QuerySet[Movie]) -> tuple[str, tuple[Any, ...]]:
    """SQL for the array, and its parameters. Only the query set's own SQL is put in."""
    page, parameters = movies.values(*_COLUMNS).query.sql_with_params()
    sql = f"""
        SELECT coalesce(json_agg({_MOVIE} ORDER BY m.position)::text, '[]')
        FROM (SELECT page.*, row_number() OVER () AS position FROM ({page}) AS page) AS m
    """  # noqa: S608
    return sql, parameters


def _row(sql: str, parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
