"""Which files are one film, and whether that stays so."""

from pathlib import Path

import pytest

from apps.libraries import services as libraries
from apps.libraries.models import Library, ScanStatus, ScanType
from apps.movies import services
from apps.movies.models import Movie, MovieExtra, MovieFile, WatchState
from apps.users.models import User
from tests.scans import add_film, add_nfo, scan


def _films() -> dict[str, list[str]]:
    """The paths of each film's files."""
    found: dict[str, list[str]] = {}
    for link in MovieFile.objects.select_related("movie", "media_file").order_by(
        "media_file__path"
    ):
        found.setdefault(str(link.movie), []).append(link.media_file.path)
    return found


def _watched(user: User, movie: Movie) -> WatchState:
    return services.watch_progress_save(
        user=user, movie=movie, progress_seconds=30, duration_seconds=100
    )


@pytest.fixture
def second(tmp_path: Path) -> Library:
    (tmp_path / "second").mkdir()
    return libraries.library_create(name="Second", roots=[str(tmp_path / "second")])


def test_versions_in_one_folder_and_in_two_libraries_are_one_film(
    films: Library, films_dir: Path, second: Library, tmp_path: Path
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001) - 1080p.mkv")
    add_film(films_dir, "Film (2001)/Film (2001) - 720p.mp4")
    add_film(films_dir, "Elsewhere/Film.2001.2160p.mkv")
    add_film(tmp_path / "second", "Film (2001) {edition-Final Cut}.mkv")
    scan(films)
    scan(second)

    movie = Movie.objects.get()

    assert (movie.title, movie.year) == ("Film", 2001)
    assert set(movie.library_ids) == {films.pk, second.pk}
    assert MovieFile.objects.values("version_key").distinct().count() == 4
    assert set(MovieFile.objects.values_list("edition", flat=True)) == {"", "Final Cut"}


def test_parts_are_one_version_in_order(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "Film (2001)/Film cd2.mkv", frames=50)
    add_film(films_dir, "Film (2001)/Film cd1.mkv", frames=25)
    add_film(films_dir, "Film (2001)/Film - 4K.mkv")
    scan(films)

    parts = MovieFile.objects.exclude(part=None).order_by("part")

    assert Movie.objects.count() == 1
    assert [link.media_file.file_name for link in parts] == ["Film cd1.mkv", "Film cd2.mkv"]
    assert len({link.version_key for link in parts}) == 1
    assert MovieFile.objects.get(part=None).media_file.file_name == "Film - 4K.mkv"


def test_a_part_without_the_others_is_a_film_of_that_name(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "The Saga Part 1.mkv")
    scan(films)
    movie = Movie.objects.get()
    assert (movie.title, MovieFile.objects.get().part) == ("The Saga Part 1", None)

    add_film(films_dir, "The Saga Part 2.mkv")
    scan(films)

    assert [link.part for link in MovieFile.objects.order_by("part")] == [1, 2]
    assert Movie.objects.exclude(library_ids=[]).get().title == "The Saga"


@pytest.mark.parametrize("folder", ["Film", "Film (1984)", "."])
def test_one_title_and_two_years_are_two_films(
    films: Library, films_dir: Path, folder: str
) -> None:
    for year in (1984, 2021):
        add_film(films_dir, f"{folder}/Film ({year}).mkv")
    scan(films)

    assert {movie.year for movie in Movie.objects.all()} == {1984, 2021}
    scan(films, ScanType.FULL)
    assert Movie.objects.count() == 2


def test_one_title_and_year_and_two_ids_are_two_films(films: Library, films_dir: Path) -> None:
    for number in (1, 2):
        add_film(films_dir, f"Film (2001) {{tmdb-{number}}}/Film.mkv")
    scan(films)
    scan(films, ScanType.FULL)

    assert sorted(Movie.objects.values_list("tmdb_id", flat=True)) == [1, 2]
    assert all(len(files) == 2 for files in _films().values())


def test_files_stay_with_their_film_among_films_of_one_name(
    films: Library, films_dir: Path
) -> None:
    for number in (1, 2):
        add_film(films_dir, f"{number}/Film (2001)/Film.mkv")
        add_nfo(films_dir, f"{number}/Film (2001)/movie.nfo", f"<tmdbid>{number}</tmdbid>")
    scan(films)
    before = dict(MovieFile.objects.values_list("media_file__path", "movie__tmdb_id"))
    assert set(before.values()) == {1, 2}
    (films_dir / "2/Film (2001)/movie.nfo").unlink()

    scan(films)

    assert dict(MovieFile.objects.values_list("media_file__path", "movie__tmdb_id")) == before


def test_an_nfo_that_comes_later_describes_the_same_film(
    films: Library, films_dir: Path, member: User
) -> None:
    add_film(films_dir, "Flim (2001)/Flim (2001).mkv")
    scan(films)
    before = Movie.objects.get()
    _watched(member, before)
    add_nfo(films_dir, "Flim (2001)/movie.nfo", "<title>Film</title><tmdbid>7</tmdbid>")

    scan(films)

    movie = Movie.objects.get()
    assert (movie.pk, movie.title, movie.tmdb_id) == (before.pk, "Film", 7)


def test_a_corrected_id_makes_it_another_film_and_what_was_seen_goes_along(
    films: Library, films_dir: Path, member: User, outsider: User
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    add_nfo(films_dir, "Film (2001)/movie.nfo", "<tmdbid>1</tmdbid>")
    scan(films)
    wrong = Movie.objects.get()
    _watched(member, wrong)
    _watched(outsider, wrong)
    add_nfo(films_dir, "Film (2001)/movie.nfo", "<tmdbid>22</tmdbid>")

    scan(films)

    right = Movie.objects.get(tmdb_id=22)
    wrong.refresh_from_db()
    assert (right.library_ids, wrong.library_ids) == ([films.pk], [])
    assert set(WatchState.objects.values_list("movie", flat=True)) == {right.pk}
    assert WatchState.objects.count() == 2


@pytest.mark.parametrize("is_later", [True, False])
def test_of_who_has_seen_two_films_that_are_one_nothing_is_lost(
    films: Library, films_dir: Path, member: User, *, is_later: bool
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    add_film(films_dir, "Same (2001)/Same (2001).mkv")
    scan(films)
    film, same = Movie.objects.get(title="Film"), Movie.objects.get(title="Same")
    services.watched_mark(user=member, movie=film, watched=True)
    _watched(member, same)
    if not is_later:
        services.watched_mark(user=member, movie=film, watched=False)
        services.watched_mark(user=member, movie=film, watched=True)
    (films_dir / "Same (2001)/Same (2001).mkv").rename(films_dir / "Film (2001)/Film - 720p.mkv")

    scan(films)

    state = WatchState.objects.get()
    assert (state.movie, state.watch_count) == (film, 1)
    assert (state.is_completed, state.progress_seconds == 30) == (not is_later, is_later)


def test_a_film_that_keeps_a_file_keeps_what_was_seen(
    films: Library, films_dir: Path, member: User
) -> None:
    for folder in ("1", "2"):
        add_film(films_dir, f"{folder}/Film (2001)/Film (2001).mkv")
    scan(films)
    movie = Movie.objects.get()
    _watched(member, movie)
    add_nfo(films_dir, "2/Film (2001)/movie.nfo", "<tmdbid>5</tmdbid>")
    scan(films)
    assert Movie.objects.get().tmdb_id == 5
    add_nfo(films_dir, "2/Film (2001)/movie.nfo", "<tmdbid>66</tmdbid>")

    scan(films)

    assert Movie.objects.count() == 2
    assert WatchState.objects.get().movie == movie


@pytest.mark.parametrize("first", ["1080p", "720p"])
def test_of_two_films_that_were_one_the_first_has_what_was_seen(
    films: Library, films_dir: Path, member: User, first: str
) -> None:
    for frames, name in enumerate(("1080p", "720p"), start=5):
        add_film(films_dir, f"Film (2001)/Film (2001) - {name}.mkv", frames=frames)
    scan(films)
    _watched(member, Movie.objects.get())
    for path in (films_dir / "Film (2001)").iterdir():
        title = "A (2002)" if first in path.name else "B (2003)"
        path.rename(films_dir / f"{title}.mkv")

    scan(films)

    assert _films().keys() == {"A (2002)", "B (2003)"}
    assert WatchState.objects.get().movie.title == "A"


def test_a_removed_nfo_leaves_the_film_named_by_its_file(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "Flim (2001)/Flim (2001).mkv")
    nfo = add_nfo(films_dir, "Flim (2001)/movie.nfo", "<title>Film</title><tmdbid>7</tmdbid>")
    scan(films)
    before = Movie.objects.get()
    assert before.title == "Film"
    nfo.unlink()

    scan(films)

    movie = Movie.objects.get()
    assert (movie.pk, movie.title, movie.year, movie.tmdb_id) == (before.pk, "Flim", 2001, 7)


@pytest.mark.parametrize("nfo", ["", "<title>The Film</title>", "<tmdbid>7</tmdbid>"])
def test_a_renamed_file_is_the_same_film(
    films: Library, films_dir: Path, member: User, nfo: str
) -> None:
    film = add_film(films_dir, "Film (2001)/Film (2001).mkv")
    add_film(films_dir, "Other (2002).mkv")
    if nfo:
        add_nfo(film.parent, "movie.nfo", nfo)
    scan(films)
    seen = _watched(member, MovieFile.objects.get(media_file__path__startswith="Film").movie)
    film.rename(film.with_name("Film.2001.1080p.mkv"))

    done = scan(films)

    assert (done.items_added, done.items_moved, done.items_removed) == (0, 1, 0)
    assert Movie.objects.count() == 2
    assert WatchState.objects.get().movie_id == seen.movie_id
    assert seen.movie.movie_files.get().media_file.path == "Film (2001)/Film.2001.1080p.mkv"


def test_a_folder_that_moves_to_another_root_is_the_same_film(
    films: Library, films_dir: Path, member: User, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    folder = add_film(films_dir, "Film (2001)/Film (2001).mkv").parent
    add_film(films_dir, "Stays (2002).mkv")
    add_film(other, "Stays too (2003).mkv")
    (folder / "poster.jpg").write_bytes(_picture())
    libraries.library_set_roots(library=films, roots=[str(films_dir), str(other)])
    scan(films)
    before = Movie.objects.get(title="Film")
    _watched(member, before)
    folder.rename(other / folder.name)

    scan(films)

    movie = Movie.objects.get(title="Film")
    assert movie.pk == before.pk
    assert movie.library_ids == [films.pk]
    assert WatchState.objects.get().movie == movie
    assert movie.poster is not None
    assert movie.poster.source_path == str(other / folder.name / "poster.jpg")


def _picture() -> bytes:
    import io  # noqa: PLC0415

    import PIL.Image  # noqa: PLC0415

    out = io.BytesIO()
    PIL.Image.new("RGB", (10, 15)).save(out, "JPEG")
    return out.getvalue()


def test_a_better_file_of_the_same_name_is_the_same_film(
    films: Library, films_dir: Path, member: User
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv", frames=5)
    scan(films)
    link = MovieFile.objects.get()
    seen = _watched(member, link.movie)
    add_film(films_dir, "Film (2001)/Film (2001).mkv", frames=50)

    done = scan(films)

    assert (done.items_added, done.items_updated) == (0, 1)
    again = MovieFile.objects.get()
    assert (again, again.media_file) == (link, link.media_file)
    assert again.media_file.duration_seconds == pytest.approx(2, abs=0.1)
    assert WatchState.objects.get() == seen


def test_films_known_by_one_id_each_do_not_collide_when_an_nfo_names_both(
    films: Library, films_dir: Path
) -> None:
    add_film(films_dir, "One (2001) {tmdb-1}/One.mkv")
    add_film(films_dir, "Two (2002) {imdb-tt0000002}/Two.mkv")
    scan(films)
    add_nfo(films_dir, "One (2001) {tmdb-1}/movie.nfo", "<imdbid>tt0000002</imdbid>")

    done = scan(films)

    assert done.status == ScanStatus.COMPLETED
    assert set(Movie.objects.values_list("title", "tmdb_id", "imdb_id")) == {
        ("One", 1, None), ("Two", None, "tt0000002"),
    }  # fmt: skip


def test_a_corrected_id_of_one_provider_stays_the_same_film(
    films: Library, films_dir: Path
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    ids = "<tmdbid>{}</tmdbid><imdbid>tt0000001</imdbid>"
    add_nfo(films_dir, "Film (2001)/movie.nfo", ids.format(1))
    scan(films)
    add_nfo(films_dir, "Film (2001)/movie.nfo", ids.format(22))

    scan(films)

    assert Movie.objects.get().tmdb_id == 22


@pytest.mark.parametrize("scan_type", ScanType)
def test_what_a_person_has_set_stands(films: Library, films_dir: Path, scan_type: ScanType) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    add_film(films_dir, "Another (2002)/Another (2002).mkv")
    add_nfo(films_dir, "Film (2001)/movie.nfo", "<title>Wrong</title><tmdbid>1</tmdbid>")
    scan(films)
    movie = Movie.objects.get(tmdb_id=1)
    services.movie_update(movie=movie, changes={"title": "Another", "year": 2002, "tmdb_id": 99})
    add_nfo(films_dir, "Film (2001)/movie.nfo", "<title>Wrongest</title><tmdbid>2</tmdbid>")

    scan(films, scan_type)

    movie.refresh_from_db()
    assert (movie.title, movie.year, movie.tmdb_id) == ("Another", 2002, 99)
    assert movie.library_ids == [films.pk]
    assert Movie.objects.count() == 2
    assert MovieFile.objects.get(movie=movie).media_file.path == "Film (2001)/Film (2001).mkv"


def test_a_corrected_title_is_not_undone_by_a_film_of_the_old_name(
    films: Library, films_dir: Path
) -> None:
    add_film(films_dir, "Wrong (2001)/Wrong (2001).mkv")
    scan(films)
    movie = Movie.objects.get()
    services.movie_update(movie=movie, changes={"title": "Right"})
    add_film(films_dir, "Elsewhere/Wrong (2001).mkv")
    scan(films)
    assert Movie.objects.count() == 2

    scan(films, ScanType.FULL)

    assert _films() == {
        "Right (2001)": ["Wrong (2001)/Wrong (2001).mkv"],
        "Wrong (2001)": ["Elsewhere/Wrong (2001).mkv"],
    }


def test_a_second_film_in_a_folder_is_not_the_folder_s(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "The Film (2001)/abc.mkv")
    scan(films)
    before = Movie.objects.get()
    assert before.title == "The Film"
    add_film(films_dir, "The Film (2001)/Something Else (1999).mkv")

    done = scan(films)

    assert done.items_updated == 1
    assert _films() == {
        "abc": ["The Film (2001)/abc.mkv"],
        "Something Else (1999)": ["The Film (2001)/Something Else (1999).mkv"],
    }


def test_extras_belong_to_the_film_whose_name_they_bear(films: Library, films_dir: Path) -> None:
    for name in ("Alien.mkv", "Alien 3.mkv", "Alien 3-trailer.mkv", "Alien-scene.mkv"):
        add_film(films_dir, name)
    add_film(films_dir, "Nobody-trailer.mkv")

    done = scan(films)

    assert done.status == ScanStatus.COMPLETED
    assert set(MovieExtra.objects.values_list("movie__title", "title", "kind")) == {
        ("Alien 3", "Alien 3", "trailer"), ("Alien", "Alien", "scene"),
    }  # fmt: skip


def test_a_film_that_turns_out_to_be_an_extra_and_back(films: Library, films_dir: Path) -> None:
    clip = add_film(films_dir, "Film (2001)/clips/Bit (1999).mkv")
    scan(films)
    assert not MovieFile.objects.exists()
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    scan(films)
    assert MovieExtra.objects.get().media_file.path == "Film (2001)/clips/Bit (1999).mkv"
    MovieFile.objects.create(
        movie=Movie.objects.get(), media_file=MovieExtra.objects.get().media_file, version_key="x"
    )

    scan(films, ScanType.FULL)

    assert MovieFile.objects.get().media_file.file_name == "Film (2001).mkv"
    assert clip.exists()
