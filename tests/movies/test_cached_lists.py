"""The film list of the API is kept for a while, and never shows what has changed since."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.libraries import services as libraries
from apps.libraries.models import Library
from apps.movies import services
from apps.users.models import User
from tests.objects import make_movie

Api = Callable[[User | None], APIClient]
Captured = Callable[..., Any]


def _titles(client: APIClient, query: str = "order_by=title") -> list[str]:
    answer = client.get(f"/api/v1/movies?{query}")
    assert answer.status_code == 200
    return [item["title"] for item in answer.json()["items"]]


@pytest.mark.django_db(transaction=True)
def test_a_page_is_made_once(api: Api, member: User, films: Library) -> None:
    make_movie(films, "Alpha")
    client = api(member)
    assert _titles(client) == ["Alpha"]
    with CaptureQueriesContext(connection) as second:
        assert _titles(client) == ["Alpha"]
    assert len(second) == 0


def test_a_correction_shows_at_once(
    api: Api, member: User, films: Library, django_capture_on_commit_callbacks: Captured
) -> None:
    movie = make_movie(films, "Alpha")
    client = api(member)
    assert _titles(client) == ["Alpha"]
    with django_capture_on_commit_callbacks(execute=True):
        services.movie_update(movie=movie, changes={"title": "Omega"})
    assert _titles(client) == ["Omega"]


def test_viewers_of_other_libraries_get_other_pages(
    api: Api, member: User, outsider: User, admin: User, films: Library
) -> None:
    make_movie(films, "Alpha")
    assert _titles(api(admin)) == ["Alpha"]
    assert _titles(api(member)) == ["Alpha"]
    assert _titles(api(outsider)) == []


def test_a_grant_that_ends_counts_at_once(api: Api, member: User, films: Library) -> None:
    make_movie(films, "Alpha")
    client = api(member)
    assert _titles(client) == ["Alpha"]
    libraries.library_set_viewers(library=films, users=[])
    assert _titles(client) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order_by=title", ["Alpha", "Beta"]),
        ("order_by=year", ["Beta", "Alpha"]),
        ("order_by=title&limit=1", ["Alpha"]),
        ("order_by=title&limit=1&offset=1", ["Beta"]),
        ("year=1990", ["Alpha"]),
        ("year_from=2000", ["Beta"]),
    ],
)
def test_every_question_has_a_page_of_its_own(
    api: Api, member: User, films: Library, query: str, expected: list[str]
) -> None:
    make_movie(films, "Alpha", year=1990)
    make_movie(films, "Beta", year=2010)
    client = api(member)
    assert sorted(_titles(client)) == ["Alpha", "Beta"]
    assert _titles(client, query) == expected
    assert _titles(client, query) == expected


def test_without_the_cache_the_database_answers(
    api: Api, member: User, films: Library, settings: LazySettings
) -> None:
    make_movie(films, "Alpha")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert _titles(api(member)) == ["Alpha"]
    make_movie(films, "Beta")
    assert _titles(api(member)) == ["Alpha", "Beta"]
