"""Two scans at once, and films that change under them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.libraries import services as libraries
from apps.libraries.models import Library
from apps.movies import selectors, services
from apps.movies.models import Movie
from apps.search.models import IndexRequest
from apps.users.models import User
from tests.scans import add_film, scan


@pytest.mark.django_db(transaction=True)
def test_two_scans_that_find_one_film_make_one(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    other_dir = tmp_path / "other"
    names = [f"Film {letter} (2001).mkv" for letter in "ABCDEFGHIJ"]
    for name in names:
        add_film(films_dir, name)
        add_film(other_dir, name)
    other = libraries.library_create(name="Other", roots=[str(other_dir)])
    barrier = threading.Barrier(2)

    def run(library: Library) -> str:
        try:
            barrier.wait(timeout=60)
            return scan(library).status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, [films, other])) == ["completed", "completed"]

    assert Movie.objects.count() == len(names)
    assert all(len(movie.library_ids) == 2 for movie in Movie.objects.all())


@pytest.mark.django_db(transaction=True)
def test_a_correction_made_during_a_scan_is_not_overwritten(
    films: Library, films_dir: Path
) -> None:
    """The person's transaction holds the film until after the scan has come to it."""
    film = add_film(films_dir, "Film (2001)/Film (2001).mkv")
    scan(films)
    film.with_name("movie.nfo").write_text("<movie><title>Wrong</title></movie>")

    def run() -> str:
        try:
            return scan(films).status
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            movie = Movie.objects.select_for_update().get()
            services.movie_update(movie=movie, changes={"title": "Right"})
            scanning = pool.submit(run)
            _wait_until_blocked()
        assert scanning.result(timeout=120) == "completed"

    assert Movie.objects.get().title == "Right"


def _wait_until_blocked() -> None:
    """Until some connection waits for a row."""
    with connection.cursor() as cursor:
        for _attempt in range(6000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (blocked,) = cursor.fetchone() or (0,)
            if blocked:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    pytest.fail("nothing waits")


def test_a_library_switched_off_shows_its_films_to_nobody(
    films: Library, films_dir: Path, member: User, admin: User
) -> None:
    add_film(films_dir, "Film (2001).mkv")
    scan(films)
    assert [_count(user) for user in (member, admin)] == [1, 1]

    libraries.library_update(library=films, changes={"enabled": False})

    assert [_count(user) for user in (member, admin)] == [0, 0]


def _count(user: User) -> int:
    return selectors.movie_list(user=user).count()


def test_films_are_scheduled_for_the_index_in_the_transaction_of_their_change(
    films: Library, films_dir: Path
) -> None:
    add_film(films_dir, "A (2001)/A (2001).mkv")
    add_film(films_dir, "B (2002)/B (2002).mkv")
    scan(films)
    movies = {movie.title: movie.pk for movie in Movie.objects.all()}
    assert _requested() == set(movies.values())
    IndexRequest.objects.all().delete()
    (films_dir / "A (2001)/A (2001).mkv").unlink()

    scan(films)
    assert _requested() == {movies["A"]}
    IndexRequest.objects.all().delete()
    libraries.library_delete(library=films)

    assert _requested() == {movies["B"]}


def _requested() -> set[Any]:
    return set(IndexRequest.objects.values_list("object_id", flat=True))
