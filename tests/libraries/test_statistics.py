"""Libraries in figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.libraries import grants
from apps.libraries.access import GrantLevel
from apps.libraries.grants import GrantLimits
from apps.libraries.models import FileState, Library
from apps.libraries.models.files import resolution_name
from apps.libraries.statistics import Part, library_statistics, statistics_changed
from apps.movies import services as movies
from apps.users.models import User
from tests import objects
from tests.scans import add_film, scan

Api = Callable[[User | None], APIClient]


def file_of(library: Library, number: int, **fields: Any) -> None:
    """A film of its own with one file."""
    movie = objects.make_movie(
        library,
        f"Film {number}",
        tmdb_id=number if number % 2 else None,
        certification="FSK 18" if number == 1 else "FSK 6",
    )
    file = objects.make_media_file(library, f"Film {number}.mkv", **fields)
    objects.make_movie_file(movie, file)


@pytest.fixture
def varied(films: Library) -> Library:
    uhd = {"width": 3840, "height": 1600, "video_codec": "hevc", "dynamic_range": "hdr10"}
    sd = {"width": 640, "height": 360, "video_codec": "h264", "dynamic_range": "sdr"}
    german = {"audio_languages": ["de", "en"], "subtitle_languages": ["de"]}
    file_of(films, 1, size=100, duration_seconds=60.4, **uhd, **german)
    file_of(films, 2, size=10, duration_seconds=30, **sd, audio_languages=["en"])
    file_of(films, 3, size=20, **sd)
    file_of(films, 4, size=1, state=FileState.BROKEN)
    file_of(films, 5, size=7, state=FileState.MISSING, **uhd)
    return films


def test_files_are_counted_by_what_they_are(varied: Library, admin: User) -> None:
    found = library_statistics(user=admin, library=varied)
    assert (found.films, found.unmatched) == (5, 2)
    assert (found.files, found.size, found.duration_seconds) == (4, 131, 90)
    assert (found.unavailable, found.broken, found.missing) == (0, 1, 1)
    assert set(found.resolutions) == {
        Part("2160p", 1, 100), Part("smaller", 2, 30), Part("", 1, 1)
    }  # fmt: skip
    assert found.resolutions[0].files == 2
    assert set(found.video_codecs) == {Part("hevc", 1, 100), Part("h264", 2, 30), Part("", 1, 1)}
    assert Part("hdr10", 1, 100) in found.dynamic_ranges
    assert found.audio_languages == (Part("en", 2, 110), Part("de", 1, 100))
    assert found.subtitle_languages == (Part("de", 1, 100),)


@pytest.mark.parametrize(
    ("width", "height"), [(3840, 1600), (1440, 1080), (1920, 800), (720, 576), (700, 300)]
)
def test_resolutions_are_named_as_everywhere(
    films: Library, admin: User, width: int, height: int
) -> None:
    file_of(films, 1, width=width, height=height)
    (part,) = library_statistics(user=admin, library=films).resolutions
    assert part.value == resolution_name(width, height)


def test_an_empty_library_has_figures_too(films: Library, admin: User) -> None:
    found = library_statistics(user=admin, library=films)
    assert (found.films, found.files, found.size, found.resolutions) == (0, 0, 0, ())


def test_files_in_a_folder_that_is_away_are_unavailable(varied: Library, admin: User) -> None:
    varied.roots.update(is_available=False)
    assert library_statistics(user=admin, library=varied).unavailable == 4


def test_nobody_learns_of_films_beyond_a_limit(
    varied: Library, outsider: User, api: Api, member: User
) -> None:
    limits = GrantLimits(max_age=12)
    grants.grant_add(
        actor=None, library=varied, grantee=outsider, level=GrantLevel.VIEW, limits=limits
    )
    path = f"/api/v1/libraries/{varied.pk}/statistics"
    assert api(member).get(path).json()["films"] == 5
    body = api(outsider).get(path).json()
    assert (body["films"], body["files"], body["size"]) == (4, 3, 31)
    assert "2160p" not in {part["value"] for part in body["resolutions"]}
    assert "de" not in {part["value"] for part in body["audio_languages"]}


def test_a_library_that_one_does_not_see_is_404(api: Api, films: Library, outsider: User) -> None:
    path = f"/api/v1/libraries/{films.pk}/statistics"
    assert api(outsider).get(path).status_code == 404


@pytest.mark.django_db(transaction=True)  # what an open transaction changes is not kept
def test_they_are_kept_until_a_scan_ends(films: Library, admin: User) -> None:
    root = films.roots.all()[0]
    assert library_statistics(user=admin, library=films).files == 0
    file_of(films, 1)
    with CaptureQueriesContext(connection) as queries:
        assert library_statistics(user=admin, library=films).files == 0
    assert len(queries) == 0
    statistics_changed(films.pk)
    assert library_statistics(user=admin, library=films).files == 1
    add_film(Path(root.path), "A (2001).mkv")
    scan(films)
    assert library_statistics(user=admin, library=films).files == 2


@pytest.mark.django_db(transaction=True)
def test_a_correction_counts_at_once(films: Library, admin: User) -> None:
    film = objects.make_movie(films, tmdb_id=None)
    assert library_statistics(user=admin, library=films).unmatched == 1
    movies.movie_update(movie=film, changes={"tmdb_id": 603})
    assert library_statistics(user=admin, library=films).unmatched == 0


def test_more_files_need_no_more_queries(varied: Library, admin: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        library_statistics(user=admin, library=varied)
    assert len(queries) == 4
