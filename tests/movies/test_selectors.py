"""Reads of films: what belongs together, in order, and seen by whom."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.core.errors import NotFoundError
from apps.libraries import services as libraries
from apps.libraries.models import FileState, Library, LibraryRoot
from apps.movies import selectors
from apps.movies.models import (
    Collection,
    Credit,
    CreditType,
    Genre,
    Movie,
    MovieFile,
    Person,
    WatchState,
)
from apps.movies.services import watch_progress_save
from apps.users import services as users
from apps.users.models import User
from tests import objects


@pytest.fixture
def movie(films: Library) -> Movie:
    return objects.make_movie(films)


def add_file(movie: Movie, library: Library, name: str, **fields: Any) -> MovieFile:
    own = {key: fields.pop(key) for key in ("edition", "version_key", "part") if key in fields}
    return objects.make_movie_file(movie, objects.make_media_file(library, name, **fields), **own)


class TestVersions:
    def test_playable_ones_come_first_then_the_sharpest(
        self, movie: Movie, films: Library, member: User
    ) -> None:
        add_file(movie, films, "a.mkv", height=720)
        add_file(movie, films, "b.mkv", height=2160, state=FileState.BROKEN)
        add_file(movie, films, "c.mkv", height=1080)
        versions = selectors.movie_versions(user=member, movie=movie)
        assert [version.height for version in versions] == [1080, 720, 2160]
        assert [version.is_playable for version in versions] == [True, True, False]

    def test_parts_are_one_version_in_their_order(
        self, movie: Movie, films: Library, member: User
    ) -> None:
        for part in (2, 1, 3):
            add_file(
                movie, films, f"cd{part}.mkv", version_key="cut", part=part, edition="Cut",
                duration_seconds=100.5, height=480, dynamic_range="sdr",
            )  # fmt: skip
        (version,) = selectors.movie_versions(user=member, movie=movie)
        assert [file.part for file in version.files] == [1, 2, 3]
        assert version.duration_seconds == 301.5
        assert version.size == 12
        assert (version.edition, version.dynamic_range) == ("Cut", "sdr")

    def test_a_version_with_a_part_that_is_broken_cannot_be_played(
        self, movie: Movie, films: Library, member: User
    ) -> None:
        add_file(movie, films, "cd1.mkv", version_key="x", part=1)
        add_file(movie, films, "cd2.mkv", version_key="x", part=2, state=FileState.BROKEN)
        (version,) = selectors.movie_versions(user=member, movie=movie)
        assert not version.is_playable

    def test_a_root_that_is_away_makes_them_unplayable(
        self, movie: Movie, films: Library, member: User
    ) -> None:
        add_file(movie, films, "a.mkv", width=1920, height=1080)
        LibraryRoot.objects.update(is_available=False)
        (version,) = selectors.movie_versions(user=member, movie=movie)
        assert not version.is_playable
        assert version.resolution == "1080p"


class TestVisibility:
    def test_who_is_nobody_or_disabled_sees_nothing(
        self,
        movie: Movie,
        member: User,
        admin: User,  # noqa: ARG002
    ) -> None:
        assert selectors.movie_get(user=member, movie_id=movie.pk) == movie
        users.user_update(user=member, changes={"is_active": False})
        for user in (member, AnonymousUser()):
            assert not selectors.movie_list(user=user).exists()
            with pytest.raises(NotFoundError):
                selectors.movie_get(user=user, movie_id=movie.pk)

    def test_a_film_in_two_libraries_is_seen_through_one_grant_with_its_files_alone(
        self, movie: Movie, films: Library, member: User, admin: User, tmp_path: Path
    ) -> None:
        folder = tmp_path / "other"
        folder.mkdir()
        other = libraries.library_create(name="Other", roots=[str(folder)])
        Movie.objects.update(library_ids=[films.pk, other.pk])
        add_file(movie, films, "mine.mkv")
        add_file(movie, other, "theirs.mkv")

        def seen(user: User) -> list[str]:
            found = selectors.movie_files(user=user, movie_id=movie.pk)
            return sorted(file.media_file.path for file in found)

        assert seen(member) == ["mine.mkv"]
        assert seen(admin) == ["mine.mkv", "theirs.mkv"]

    def test_genres_and_years_are_of_visible_films(
        self, films: Library, member: User, outsider: User
    ) -> None:
        drama = Genre.objects.create(slug="drama", name="Drama")
        Genre.objects.create(slug="unused", name="Unused")
        for year in (2001, 1999, 2001, None):
            objects.make_movie(films, f"Film {year}", year=year).genres.add(drama)
        assert list(selectors.genre_list(user=member)) == [drama]
        assert selectors.year_list(user=member) == [2001, 1999]
        assert not selectors.genre_list(user=outsider).exists()
        assert selectors.year_list(user=outsider) == []

    def test_extras_are_seen_with_their_film_and_their_file(
        self, movie: Movie, films: Library, member: User, outsider: User
    ) -> None:
        trailer = objects.make_extra(movie, objects.make_media_file(films, "t.mkv"))
        broken = objects.make_media_file(films, "b.mkv", state=FileState.BROKEN)
        objects.make_extra(movie, broken, "Broken")
        assert selectors.movie_extras(user=member, movie=movie) == [trailer]
        assert selectors.movie_extra_get(user=member, extra_id=trailer.pk) == trailer
        with pytest.raises(NotFoundError):
            selectors.movie_extra_get(user=outsider, extra_id=trailer.pk)
        assert selectors.movie_extras(user=outsider, movie=movie) == []


def test_cards_show_what_can_be_played_and_the_sharpest_of_it(
    films: Library, member: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    sharp, away, bare = (objects.make_movie(films, title) for title in ("sharp", "away", "bare"))
    add_file(sharp, films, "a.mkv", width=1280, height=720)
    add_file(sharp, films, "b.mkv", width=3840, height=1600)
    add_file(away, films, "c.mkv", width=3840, height=2160, state=FileState.MISSING)
    watch_progress_save(user=member, movie=sharp, progress_seconds=5, duration_seconds=10)
    assert member.has_perm("playback:progress")  # from here on it is known
    # One of them asks what the user sees: nothing is kept of what this transaction has changed.
    with django_assert_num_queries(3):
        cards = selectors.movie_cards(user=member, movies=[sharp, away, bare])
    assert [(card.is_available, card.resolution) for card in cards] == [
        (True, "2160p"), (False, ""), (False, ""),
    ]  # fmt: skip
    assert cards[0].watch_state == WatchState.objects.get()
    assert cards[1].watch_state is None


def test_the_rest_of_a_collection_in_the_order_of_years(films: Library, member: User) -> None:
    trilogy = Collection.objects.create(name="Trilogy")
    third, first, second = (
        objects.make_movie(films, f"Part {year}", year=year, collection=trilogy)
        for year in (2003, 2001, 2002)
    )
    objects.make_movie(films, "Hidden", library_ids=[], collection=trilogy)
    assert selectors.collection_movies(user=member, movie=second) == [first, third]
    alone = objects.make_movie(films, "Alone")
    assert selectors.collection_movies(user=member, movie=alone) == []


def test_cast_and_crew_keep_their_order(movie: Movie) -> None:
    names = ["Zoe", "Adam", "Mia"]
    for order, name in enumerate(names):
        person = Person.objects.create(name=name)
        Credit.objects.create(
            movie=movie, person=person, credit_type=CreditType.CAST, character="x", order=order
        )
        Credit.objects.create(
            movie=movie, person=person, credit_type=CreditType.CREW, job="Writer", order=-order + 5
        )
    assert [credit.person.name for credit in selectors.movie_cast(movie=movie)] == names
    assert len(selectors.movie_cast(movie=movie, limit=2)) == 2
    assert [credit.person.name for credit in selectors.movie_crew(movie=movie)] == names[::-1]


def test_recently_added(films: Library, member: User) -> None:
    made = [objects.make_movie(films, f"Film {number}") for number in range(3)]
    assert selectors.recently_added(user=member, limit=2) == made[:0:-1]
