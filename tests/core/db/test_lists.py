"""Walks through lists by cursor, against the same list at once."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.db import connection
from django.db.models import F

from apps.core.db.keyset import Cursor, cursor_after, cursor_read, page_after
from apps.core.db.lists import Column, Filters, Ordering
from apps.core.errors import InvalidInputError
from apps.libraries.models import Library
from apps.movies.models import Movie
from apps.movies.selectors import ORDERINGS, MovieFilter, MovieOrder
from tests.objects import make_movie


@pytest.fixture
def movies(films: Library) -> None:
    """Many of the same year, rating, title or time, and some without."""
    now = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    for number in range(30):
        make_movie(
            films,
            f"Film {number % 4}",
            year=None if number % 5 == 0 else 2000 + number % 3,
            vote_average=None if number % 3 == 0 else number % 2 + 0.1,
            library_added_at=now - timedelta(microseconds=number // 7),
        )


@pytest.mark.usefixtures("movies")
@pytest.mark.parametrize("order", MovieOrder)
@pytest.mark.parametrize("limit", [1, 4, 29, 30, 31])
def test_a_walk_shows_every_row_once_and_in_order(order: MovieOrder, limit: int) -> None:
    ordering = ORDERINGS[order]
    expected = list(ordering.apply(Movie.objects.all()))
    walked = expected[:limit]
    while True:
        text = cursor_after(walked[-1], ordering=ordering, total=30).sign(ordering)
        cursor = cursor_read(text, ordering=ordering)
        page = page_after(Movie.objects.all(), ordering=ordering, cursor=cursor, limit=limit)
        if not (rows := list(page)):
            break
        walked += rows
    assert walked == expected


@pytest.mark.usefixtures("movies")
def test_rows_that_come_and_go_move_no_others() -> None:
    ordering = ORDERINGS[MovieOrder.TITLE]
    expected = list(ordering.apply(Movie.objects.all()))
    cursor = cursor_after(expected[9], ordering=ordering, total=30)
    Movie.objects.filter(pk__in=[movie.pk for movie in expected[:10]]).delete()
    page = page_after(Movie.objects.all(), ordering=ordering, cursor=cursor, limit=5)
    assert list(page) == expected[10:15]


@pytest.mark.usefixtures("movies")
@pytest.mark.parametrize("order", MovieOrder)
def test_every_range_is_read_from_the_ordering_s_index(order: MovieOrder) -> None:
    ordering = ORDERINGS[order]
    row = ordering.apply(Movie.objects.exclude(year=None).exclude(vote_average=None))[5]
    cursor = cursor_after(row, ordering=ordering, total=30)
    with connection.cursor() as sql:  # a table as small as a test's is else read as a whole
        sql.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    page = page_after(Movie.objects.all(), ordering=ordering, cursor=cursor, limit=5)
    nodes = re.findall(
        r"^[ >-]*([A-Z][A-Za-z ]*?)(?: using .*| on .*)?  \(", page.explain(), re.MULTILINE
    )
    assert nodes.count("Index Scan") + nodes.count("Index Only Scan") >= len(ordering.columns)
    assert {"Seq Scan", "Sort", "Incremental Sort"}.isdisjoint(nodes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a:b:c",
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
        Cursor(("a", "b"), 1).sign(ORDERINGS[MovieOrder.YEAR]),
        Cursor(("a", "b"), 1).sign(ORDERINGS[MovieOrder.TITLE]) + "A",
    ],
)
def test_a_cursor_of_another_making_or_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        cursor_read(text, ordering=ORDERINGS[MovieOrder.TITLE])
    assert caught.value.details.keys() == {"cursor"}


def test_a_cursor_is_the_same_for_the_same_place() -> None:
    ordering = Ordering("some", (Column("id"),))
    values = (str(uuid.uuid4()),)
    assert Cursor(values, 3).sign(ordering) == Cursor(values, 3).sign(ordering)
    assert cursor_read(Cursor(values, 3).sign(ordering), ordering=ordering) == Cursor(values, 3)


def test_columns_without_a_value_come_last(films: Library) -> None:
    for year in (None, 2000, 1999):
        make_movie(films, year=year)
    down = Ordering("down", (Column("year", descending=True, nullable=True), Column("id")))
    up = Ordering("up", (Column("year", nullable=True), Column("id")))
    years = [list(o.apply(Movie.objects).values_list("year", flat=True)) for o in (down, up)]
    assert years == [[2000, 1999, None], [1999, 2000, None]]


@pytest.mark.usefixtures("movies")
def test_filters_join_and_know_no_other_name() -> None:
    chosen = MovieFilter(year_from=2001, year_to=2001).conditions()
    years = Movie.objects.filter(chosen).values_list("year", flat=True)
    assert set(islice(years, 100)) == {2001}
    filters = Filters({"year": lambda year: F("year") == year})
    with pytest.raises(InvalidInputError) as caught:
        filters.condition({"year": None, "password__startswith": "a"})
    assert caught.value.details.keys() == {"password__startswith"}
