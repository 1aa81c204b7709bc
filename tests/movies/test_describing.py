"""What is known of a film, and from where."""

import datetime as dt
from pathlib import Path

import PIL.Image
import pytest

from apps.libraries.models import Library, ScanType
from apps.movies import services
from apps.movies.models import Credit, CreditType, Genre, Movie
from apps.search.models import IndexRequest
from tests.scans import add_film, add_nfo, scan

NFO = """
<title>The Film</title><originaltitle>Le Film</originaltitle><year>2002</year>
<premiered>2002-03-04</premiered><plot>A plot.</plot><tagline>A line.</tagline>
<runtime>93</runtime><mpaa>PG</mpaa><country>France</country><studio>House</studio>
<tag>calm</tag><genre>Drama</genre><genre>Comedy</genre><set><name>The Set</name></set>
<director>Ann Director</director><credits>Will Writer</credits>
<actor><name>Bea Actor</name><role>Bea</role><order>1</order></actor>
<actor><name>Al Actor</name><role>Al</role><order>0</order></actor>
<ratings><rating name="imdb" max="10" default="true"><value>7.5</value><votes>12</votes></rating>
</ratings><uniqueid type="tmdb">5</uniqueid><uniqueid type="imdb">tt0000005</uniqueid>
<trailer>https://example.org/trailer</trailer>
"""


@pytest.fixture
def folder(films: Library, films_dir: Path) -> Path:
    """The folder of one film, scanned without anything beside it."""
    folder = add_film(films_dir, "Film (2001)/Film (2001).mkv").parent
    scan(films)
    return folder


def _picture(path: Path, width: int = 10) -> None:
    PIL.Image.new("RGB", (width, 15)).save(path)


def _cast() -> list[str]:
    cast = Credit.objects.filter(credit_type=CreditType.CAST).order_by("order")
    return [credit.person.name for credit in cast]


def test_a_name_is_all_that_is_known_without_an_nfo(folder: Path) -> None:
    movie = Movie.objects.get()

    assert folder.exists()
    assert (movie.title, movie.year, movie.sort_title) == ("Film", 2001, "film")
    assert (movie.match_key, movie.search_text) == ("film 2001", "film")
    assert movie.sources == {"title": "file", "year": "file"}
    assert (movie.runtime, movie.overview, movie.tmdb_id) == (None, "", None)


def test_an_nfo_goes_over_the_file(films: Library, folder: Path) -> None:
    add_nfo(folder, "movie.nfo", NFO)
    scan(films)

    movie = Movie.objects.get()

    assert (movie.title, movie.original_title, movie.sort_title) == ("The Film", "Le Film", "film")
    assert (movie.year, movie.release_date, movie.runtime) == (2002, dt.date(2002, 3, 4), 93)
    assert (movie.overview, movie.tagline) == ("A plot.", "A line.")
    assert (movie.certification, movie.countries, movie.studios) == ("PG", ["France"], ["House"])
    assert (movie.tags, movie.trailer_url) == (["calm"], "https://example.org/trailer")
    assert (movie.tmdb_id, movie.imdb_id) == (5, "tt0000005")
    assert (movie.vote_average, movie.vote_count) == (7.5, 12)
    assert movie.external_ratings == [{"source": "imdb", "value": "7.5/10", "score": 75.0}]
    assert str(movie.collection) == "The Set"
    assert {genre.name for genre in movie.genres.all()} == {"Drama", "Comedy"}
    assert _cast() == ["Al Actor", "Bea Actor"]
    crew = movie.credits.filter(credit_type=CreditType.CREW).values_list("person__name", "job")
    assert set(crew) == {("Ann Director", "Director"), ("Will Writer", "Writer")}
    assert movie.sources["title"] == movie.sources["genres"] == movie.sources["people"] == "nfo"


def test_what_an_nfo_no_longer_says_is_forgotten(films: Library, folder: Path) -> None:
    add_nfo(folder, "movie.nfo", NFO)
    scan(films)
    add_nfo(folder, "movie.nfo", "<title>The Film</title><genre>Comedy</genre>")

    scan(films)

    movie = Movie.objects.get()
    assert (movie.title, movie.year, movie.overview) == ("The Film", 2001, "")
    assert (movie.countries, movie.collection, movie.vote_average) == ([], None, None)
    assert [genre.name for genre in movie.genres.all()] == ["Comedy"]
    assert not movie.credits.exists()
    assert "people" not in movie.sources


def test_a_removed_nfo_takes_all_it_said_along(films: Library, folder: Path) -> None:
    nfo = add_nfo(folder, "movie.nfo", NFO)
    scan(films)
    nfo.unlink()

    scan(films)

    movie = Movie.objects.get()
    assert movie.sources == {"title": "file", "year": "file"}
    assert (movie.title, movie.year, movie.original_title) == ("Film", 2001, "")
    assert (movie.sort_title, movie.match_key) == ("film", "film 2001")
    assert not movie.genres.exists()
    assert not movie.credits.exists()


def test_what_lies_beside_another_version_is_not_taken_for_gone(
    films: Library, films_dir: Path, folder: Path
) -> None:
    add_nfo(folder, "movie.nfo", NFO)
    _picture(folder / "poster.jpg")
    other = add_film(films_dir, "Other/Film (2001) {tmdb-5}.mkv").parent
    scan(films)
    assert Movie.objects.get().movie_files.count() == 2
    add_film(other, "Film (2001) {tmdb-5}.mkv", frames=10)

    scan(films)

    movie = Movie.objects.get()
    assert (movie.title, movie.overview) == ("The Film", "A plot.")
    assert movie.credits.count() == 4
    assert movie.poster is not None


def test_pictures_come_change_and_go(films: Library, folder: Path) -> None:
    _picture(folder / "poster.jpg")
    _picture(folder / "clearlogo.png")
    (folder / "extrafanart").mkdir()
    _picture(folder / "extrafanart/1.jpg")
    scan(films)
    movie = Movie.objects.get()
    assert (movie.poster, movie.backdrop, movie.logo) != (None, None, None)
    assert movie.poster is not None
    first = movie.poster.key
    before = movie.updated_at
    IndexRequest.objects.all().delete()
    _picture(folder / "poster.jpg", width=20)
    scan(films)
    movie.refresh_from_db()
    assert movie.poster.key != first
    assert movie.updated_at > before  # the film shows otherwise: who keeps it must learn of that
    assert IndexRequest.objects.filter(object_id=movie.pk).exists()
    assert movie.poster.width == 20

    (folder / "poster.jpg").unlink()
    (folder / "extrafanart/1.jpg").unlink()
    scan(films)

    movie.refresh_from_db()
    assert (movie.poster, movie.backdrop) == (None, None)
    assert movie.logo is not None


def test_beside_several_films_a_picture_is_its_own_by_name(films: Library, films_dir: Path) -> None:
    for name in ("One (2001)", "Two (2002)"):
        add_film(films_dir, f"{name}.mkv")
    _picture(films_dir / "poster.jpg")
    _picture(films_dir / "One (2001)-poster.jpg")
    add_nfo(films_dir, "Two (2002).nfo", "<plot>Of two.</plot>")
    add_nfo(films_dir, "movie.nfo", "<plot>Of nobody.</plot>")

    scan(films)

    one, two = Movie.objects.order_by("title")
    assert one.poster is not None
    assert one.poster.source_path.endswith("One (2001)-poster.jpg")
    assert (one.overview, two.poster, two.overview) == ("", None, "Of two.")
    (films_dir / "One (2001)-poster.jpg").unlink()
    scan(films)
    one.refresh_from_db()
    assert one.poster is None


def test_a_person_has_the_last_word(films: Library, folder: Path) -> None:
    add_nfo(folder, "movie.nfo", NFO)
    scan(films)
    own = Genre.objects.create(slug="own", name="Own")
    movie = services.movie_update(
        movie=Movie.objects.get(),
        changes={"title": "Mine", "overview": "", "year": 1999, "genres": [own]},
    )
    add_nfo(folder, "movie.nfo", NFO.replace("A plot.", "Another.").replace("A line.", "New."))

    for scan_type in (ScanType.INCREMENTAL, ScanType.FULL):
        scan(films, scan_type)
        movie.refresh_from_db()
        assert (movie.title, movie.year, movie.overview) == ("Mine", 1999, "")
        assert (movie.tagline, movie.sort_title) == ("New.", "mine")
        assert list(movie.genres.all()) == [own]
        assert movie.match_key == "mine 1999"
    (folder / "movie.nfo").unlink()
    scan(films)
    movie.refresh_from_db()
    assert (movie.title, movie.tagline, list(movie.genres.all())) == ("Mine", "", [own])


def test_only_films_that_changed_are_written_and_indexed(
    films: Library, films_dir: Path, folder: Path
) -> None:
    add_film(films_dir, "Other (2002)/Other (2002).mkv")
    scan(films)
    other = Movie.objects.get(title="Other")
    IndexRequest.objects.all().delete()
    add_nfo(folder, "movie.nfo", "<genre>Drama</genre>")

    scan(films, ScanType.METADATA)

    film = Movie.objects.get(title="Film")
    assert [request.object_id for request in IndexRequest.objects.all()] == [film.pk]
    IndexRequest.objects.all().delete()
    add_nfo(folder, "movie.nfo", "<genre>Comedy</genre>")
    scan(films)
    assert [request.object_id for request in IndexRequest.objects.all()] == [film.pk]
    assert [genre.name for genre in film.genres.all()] == ["Comedy"]
    assert Movie.objects.get(pk=other.pk).metadata_updated_at == other.metadata_updated_at


def test_the_language_of_the_library_tells_the_articles(films: Library, films_dir: Path) -> None:
    films.preferred_language = "de"
    films.save()
    add_film(films_dir, "Die Welle (2008)/Die Welle (2008).mkv")

    scan(films)

    assert Movie.objects.get().sort_title == "welle"


def test_the_runtime_of_parts_is_that_of_all(films: Library, films_dir: Path) -> None:
    for part in (1, 2):
        add_film(films_dir, f"Long (2001)/Long cd{part}.mkv", frames=1000)

    scan(films)

    assert Movie.objects.get().runtime == 1


def test_names_shared_by_many_films_are_one_row(films: Library, films_dir: Path) -> None:
    for number in range(3):
        folder = add_film(films_dir, f"F{number} (200{number})/F{number}.mkv").parent
        add_nfo(
            folder,
            "movie.nfo",
            "<genre>Drama</genre><genre>DRAMA</genre><genre>!!!</genre><set>Set</set>"
            "<actor><name>Same</name></actor><director>Same</director>",
        )

    scan(films)

    assert Genre.objects.get().movies.count() == 3
    assert Credit.objects.values("person").distinct().count() == 1
    assert Credit.objects.count() == 6
    assert Movie.objects.values("collection").distinct().count() == 1
