"""The SQL that writes films as JSON says what the serializer says."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from apps.libraries.models import Library
from apps.movies.api.serializers import MovieOutput
from apps.movies.json import movies_json
from apps.movies.models import Movie
from tests import objects


def as_serialized(movies: QuerySet[Movie]) -> list[object]:
    rows = movies.select_related("poster", "backdrop")
    written: list[object] = json.loads(json.dumps(MovieOutput(rows, many=True).data, default=str))
    return written


@pytest.mark.parametrize(
    "times",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 100, tzinfo=UTC),
    ],
)
def test_a_rich_and_a_bare_film(films: Library, times: datetime) -> None:
    objects.make_rich_movie(films)
    objects.make_movie(films, "Bare")
    Movie.objects.update(library_added_at=times, created_at=times, updated_at=times)
    movies = Movie.objects.order_by("title")
    written = json.loads(movies_json(movies))
    assert written == as_serialized(movies)
    assert written[0].keys() < written[1].keys()


def test_times_are_rfc_3339_in_utc(films: Library) -> None:
    movie = objects.make_movie(films, library_added_at=datetime(2026, 7, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
    (written,) = json.loads(movies_json(Movie.objects.filter(pk=movie.pk)))
    assert written["library_added_at"] == "2026-07-01T00:00:00.000000Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", written["created_at"])


def test_the_order_and_the_page_are_kept(films: Library) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(30):
        added = now - timedelta(days=number * 7 % 30)
        objects.make_movie(films, f"Film {number:02}", library_added_at=added)
    for order in ("-library_added_at", "library_added_at", "-title"):
        movies = Movie.objects.order_by(order, "id")
        written = [row["title"] for row in json.loads(movies_json(movies[5:17]))]
        assert written == [movie.title for movie in movies][5:17]


def test_nothing_is_an_empty_list(films: Library) -> None:  # noqa: ARG001
    assert movies_json(Movie.objects.all()) == "[]"
    assert movies_json(Movie.objects.all()[10:20]) == "[]"


def test_it_is_one_statement(films: Library) -> None:
    for number in range(3):
        objects.make_movie(films, f"Film {number}")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        movies_json(Movie.objects.all())
    assert len(queries) == 1
