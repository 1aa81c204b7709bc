"""Reading film names from paths."""

import subprocess
import sys
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.libraries.scan.names import MovieName, parse_movie_path


def parse(path: str, *, alone: bool = False) -> MovieName:
    return parse_movie_path(PurePosixPath(path), only_movie_in_folder=alone)


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
        ("2001.A.Space.Odyssey.1968.1080p.BluRay", "2001 A Space Odyssey", 1968),
        ("1917 (2019)", "1917", 2019),
        ("1917.2019.2160p.UHD.BluRay.x265-TERMiNAL", "1917", 2019),
        ("2012 (2009)", "2012", 2009),
        ("2012.2009.1080p.BluRay.x264-GRP", "2012", 2009),
        ("2012", "2012", None),
        ("1984", "1984", None),
        ("1984 (1984)", "1984", 1984),
        ("1941.1979.DVDRip", "1941", 1979),
        ("1900 (1976)", "1900", 1976),
        ("2046.2004", "2046", 2004),
        ("1408.2007", "1408", 2007),
        ("9.2009", "9", 2009),
        ("300", "300", None),
        ("Se7en", "Se7en", None),
        ("Se7en (1995)", "Se7en", 1995),
        ("S1m0ne (2002)", "S1m0ne", 2002),
        ("12 Angry Men (1957)", "12 Angry Men", 1957),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("500.Days.of.Summer.2009", "500 Days of Summer", 2009),
        ("Blade Runner 2049", "Blade Runner 2049", None),
        ("Blade.Runner.2049.2017.1080p.BluRay.x264-SPARKS", "Blade Runner 2049", 2017),
        ("Wonder.Woman.1984.2020.1080p.WEB-DL", "Wonder Woman 1984", 2020),
        ("Fahrenheit 451 (1966)", "Fahrenheit 451", 1966),
        ("Apollo 13 (1995)", "Apollo 13", 1995),
        ("District 9", "District 9", None),
        ("10 Cloverfield Lane", "10 Cloverfield Lane", None),
        ("10.Things.I.Hate.About.You.1999", "10 Things I Hate About You", 1999),
        ("21.Jump.Street.2012", "21 Jump Street", 2012),
        ("24 Hour Party People (2002)", "24 Hour Party People", 2002),
        ("28.Days.Later.2002", "28 Days Later", 2002),
        ("Friday.the.13th.1980", "Friday the 13th", 1980),
        ("Catch-22.1970", "Catch-22", 1970),
        ("U-571 (2000)", "U-571", 2000),
        ("K-19 The Widowmaker 2002", "K-19 The Widowmaker", 2002),
        ("The 40-Year-Old Virgin (2005)", "The 40-Year-Old Virgin", 2005),
        ("8½ (1963)", "8½", 1963),
        ("Fast.and.Furious.9.2021", "Fast and Furious 9", 2021),
        ("Kill Bill Part 2 (2004)", "Kill Bill Part 2", 2004),
        ("Kill.Bill.Part.2.2004.1080p", "Kill Bill Part 2", 2004),
        ("Kill.Bill.Vol.1.2003", "Kill Bill Vol 1", 2003),
        ("The Godfather Part II", "The Godfather Part II", None),
        ("The.Godfather.Part.II.1974.REMASTERED.1080p", "The Godfather Part II", 1974),
        ("Dune.Part.One.2021", "Dune Part One", 2021),
        ("Dune Part Two (2024)", "Dune Part Two", 2024),
        ("The Deathly Hallows - Part 1 (2010)", "The Deathly Hallows - Part 1", 2010),
        ("Star Wars Episode IV - A New Hope (1977)", "Star Wars Episode IV - A New Hope", 1977),
        ("Star.Wars.Episode.IV.A.New.Hope.1977.1080p", "Star Wars Episode IV A New Hope", 1977),
        ("Mission Impossible - Fallout 2018 2160p", "Mission Impossible - Fallout", 2018),
        ("Babe - Pig in the City", "Babe - Pig in the City", None),
        ("Cidade.de.Deus.AKA.City.of.God.2002", "Cidade de Deus", 2002),
        ("S.W.A.T. (2003)", "S.W.A.T", 2003),
        ("S.W.A.T.2003.1080p", "S.W.A.T", 2003),
        ("Mr. Nobody (2009)", "Mr. Nobody", 2009),
        ("Uncut.Gems.2019.1080p", "Uncut Gems", 2019),
        ("The.Ultimate.Gift.2006", "The Ultimate Gift", 2006),
        ("The Italian Job (2003)", "The Italian Job", 2003),
        ("The.Italian.Job.1969", "The Italian Job", 1969),
        ("The.French.Dispatch.2021.1080p", "The French Dispatch", 2021),
        ("Das.Leben.der.Anderen.2006.German.1080p.BluRay", "Das Leben der Anderen", 2006),
        ("[GROUP] Akira (1988) [BD 1080p]", "Akira", 1988),
        ("Movie Title (2010) [Directors Cut] [1080p]", "Movie Title", 2010),
        ("Movie Title 2010 1080p BluRay H264 AAC-RARBG", "Movie Title", 2010),
        ("Movie.Title.iNTERNAL.German.DL.1080p", "Movie Title", None),
        ("Apocalypse.Now.1979.Redux", "Apocalypse Now", 1979),
        ("Up", "Up", None),
        ("M (1931)", "M", 1931),
        ("Pi.1998", "Pi", 1998),
        ("π (1998)", "π", 1998),
        ("It (2017)", "It", 2017),
        ("Us.2019", "Us", 2019),
        ("Her (2013)", "Her", 2013),
        ("No (2012)", "No", 2012),
        ("X-Men (2000)", "X-Men", 2000),
        ("Spider-Man.No.Way.Home.2021", "Spider-Man No Way Home", 2021),
        ("WALL·E (2008)", "WALL·E", 2008),
        ("Ocean's Eleven (2001)", "Ocean's Eleven", 2001),
        ("Amélie 2001", "Amélie", 2001),
        ("千と千尋の神隠し (2001)", "千と千尋の神隠し", 2001),
        ("Сталкер.1979.BDRip", "Сталкер", 1979),
        ("the_dark_knight_2008", "the dark knight", 2008),
        ("The.Purge.Election.Year.2016", "The Purge Election Year", 2016),
        ("Scary.Movie.2000.DVDRip", "Scary Movie", 2000),
        ("Happy.Death.Day.2017", "Happy Death Day", 2017),
        ("Love.Actually.2003", "Love Actually", 2003),
        ("The Thing.1982", "The Thing", 1982),
        ("(2019) Title", "Title", 2019),
        ("Movie (2019) (2020 Remaster)", "Movie", 2019),
        ("A Movie, With Comma (2010)", "A Movie, With Comma", 2010),
        ("dvd1", "dvd1", None),
        ("tt0133093", "tt0133093", None),
    ],
)
def test_title_and_year(name: str, title: str, year: int | None) -> None:
    found = parse(f"{name}.mkv")
    assert (found.title_with_part, found.year) == (title, year)


@pytest.mark.parametrize(
    ("name", "tmdb_id", "imdb_id"),
    [
        ("The Matrix (1999) {tmdb-603}", 603, None),
        ("[tmdbid-603] The Matrix", 603, None),
        ("The Matrix (tmdbid=603)", 603, None),
        ("The Matrix {TMDB-603}", 603, None),
        ("The Matrix {imdb-tt0133093}", None, "tt0133093"),
        ("The Matrix [imdbid=tt0133093]", None, "tt0133093"),
        ("The.Matrix.tt0133093", None, "tt0133093"),
        ("The Matrix {tmdb-603} {imdb-TT0133093}", 603, "tt0133093"),
        *(
            (f"The Matrix {opening}{word}{sign}603{closing}", 603, None)
            for opening, closing in ("{}", "[]", "()")
            for word in ("tmdb", "tmdbid", "TMDBID")
            for sign in "-=:"
        ),
        *(
            (f"The Matrix {opening}{word}{sign}tt0133093{closing}", None, "tt0133093")
            for opening, closing in ("{}", "[]", "()")
            for word in ("imdb", "imdbid", "IMDb")
            for sign in "-=:"
        ),
        ("tt0133093 The Matrix", None, "tt0133093"),
        ("The Matrix [tt0133093]", None, "tt0133093"),
        ("The Matrix tt12345678 1080p", None, "tt12345678"),
        ("The Matrix tt123", None, None),
        ("The Matrix 603", None, None),
        ("The Matrix {tvdb-603}", None, None),
        ("Matrixtt0133093", None, None),
    ],
)
def test_ids(name: str, tmdb_id: int | None, imdb_id: str | None) -> None:
    found = parse(f"{name}.mkv")
    assert (found.tmdb_id, found.imdb_id) == (tmdb_id, imdb_id)
    assert "tmdb" not in found.title.lower()


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("Blade Runner (1982) {edition-Final Cut}", "Final Cut"),
        ("Film (2000) {edition-Director's Cut} - 1080p", "Director's Cut"),
        ("Film (2000) [Directors Cut]", "Director's Cut"),
        ("Film.2001.EXTENDED.1080p", "Extended"),
        ("Uncut Gems (2019)", None),
        ("The Ultimate Gift (2006)", None),
    ],
)
def test_edition(name: str, edition: str | None) -> None:
    assert parse(f"{name}.mkv").edition == edition


@pytest.mark.parametrize(
    ("name", "title", "part", "title_with_part"),
    [
        ("Film (2000) - part1.avi", "Film", 1, "Film"),
        ("film-cd2.avi", "film", 2, "film-cd2"),
        ("Film.2000.CD1.avi", "Film", 1, "Film"),
        ("Film [disc B].avi", "Film", 2, "Film"),
        ("Film pt a.avi", "Film", 1, "Film pt a"),
        ("Film dvd 10.avi", "Film", 10, "Film"),
        ("Kill Bill Part 2.mkv", "Kill Bill", 2, "Kill Bill Part 2"),
        ("Kill Bill Part 2 (2004).mkv", "Kill Bill Part 2", None, "Kill Bill Part 2"),
        *(
            (f"Film (2000) {word}{gap}{number}.avi", "Film", part, "Film")
            for word in ("cd", "DVD", "part", "Pt", "disc", "disk")
            for gap, number, part in (("", "1", 1), (" ", "12", 12), ("-", "c", 3), (".", "D", 4))
        ),
        ("Film part 0.avi", "Film part 0", None, "Film part 0"),
        ("Spartan 3.avi", "Spartan 3", None, "Spartan 3"),
    ],
)
def test_parts(name: str, title: str, part: int | None, title_with_part: str) -> None:
    found = parse(name)
    assert (found.title, found.part, found.title_with_part) == (title, part, title_with_part)


def test_parts_share_their_version_key() -> None:
    one, two = parse("Amélie.2001.CD1.avi"), parse("AMELIE 2001 - cd2.avi")
    assert one.version_key == two.version_key == "amelie 2001"
    other = parse("Amélie.2001.1080p.mkv")
    assert other.version_key != one.version_key


def test_a_bare_part_belongs_to_the_film_of_its_folder() -> None:
    found = parse("Film (2001)/cd2.avi", alone=True)
    assert (found.title, found.year, found.part, found.version_key) == (
        "Film",
        2001,
        2,
        "film 2001",
    )


@pytest.mark.parametrize(
    ("path", "title", "year"),
    [
        ("The Matrix (1999)/grp-mtrx1080.mkv", "The Matrix", 1999),
        ("The Matrix/x-matrix.1999.mkv", "The Matrix", 1999),
        ("Die Verurteilten (1994)/The.Shawshank.Redemption.1994.mkv", "Die Verurteilten", 1994),
        ("Kill Bill Part 2/Kill Bill Part 2.mkv", "Kill Bill Part 2", None),
        ("Action/The Matrix (1999).mkv", "The Matrix", 1999),
        ("Movies/The Matrix.mkv", "The Matrix", None),
        ("Film (2000)/VIDEO_TS", "Film", 2000),
        ("Action/Film (2000)/BDMV", "Film", 2000),
        ("Years (1999)/Film (2000)/bdmv", "Film", 2000),
        ("Years (1999)/Film (2000)/Disc 1/BDMV", "Film", 2000),
        ("Years (1999)/Film (2000)/Film (2000) DVD 2/VIDEO_TS", "Film", 2000),
        ("The Matrix (1999).mkv", "The Matrix", 1999),
    ],
)
def test_folder_of_one_film(path: str, title: str, year: int | None) -> None:
    found = parse(path, alone=True)
    assert (found.title, found.year) == (title, year)


def test_folder_of_many_films_names_none() -> None:
    found = parse("Wachowski (1999) {tmdb-1}/Bound (1996).mkv")
    assert (found.title, found.year, found.tmdb_id) == ("Bound", 1996, None)


def test_folder_id_and_file_facts_come_together() -> None:
    found = parse("The Matrix (1999) {tmdb-603}/The Matrix (1999) - 2160p 3D.mkv", alone=True)
    assert (found.tmdb_id, found.resolution, found.is_3d) == (603, "2160p", True)


def test_technical_hints() -> None:
    found = parse("Film.2009.German.3D.HSBS.1080p.BluRay.x264.mkv")
    assert (found.resolution, found.source, found.is_3d) == ("1080p", "Blu-ray", True)
    assert found.languages == ("de",)
    assert parse("The Italian Job (2003).mkv").languages == ()


def test_name_that_is_no_utf8_can_be_stored() -> None:
    assert parse("caf\udce9 (2000).mkv").title == "caf\ufffd"


NAMES = st.one_of(
    st.text(max_size=120),
    st.text(alphabet=".-_ ()[]{}0123456789abtdcimprx", max_size=60),
    st.lists(
        st.sampled_from(
            ["1999", "2160p", "cd1", "{tmdb-", "(", ")", "tt0133093", "The", "-", "3D"]
        ),
        max_size=12,
    ).map(" ".join),
)


@settings(max_examples=150, deadline=None)
@given(NAMES, NAMES, st.booleans())
@example(folder="", name="\N{CEDILLA}.mkv", alone=False)  # without its mark it is a space
def test_any_path(folder: str, name: str, alone: bool) -> None:  # noqa: FBT001
    found = parse_movie_path(PurePosixPath(folder, name), only_movie_in_folder=alone)
    for text in (found.title, found.title_with_part, found.version_key):
        assert text.strip()
        assert "\x00" not in text
        assert text.encode()
    assert found.part is None or found.part > 0


def test_who_reads_files_is_forked_with_the_rules_compiled() -> None:
    """guessit loads the last of its modules when it guesses, and then compiles them."""
    program = "import apps.libraries.scan.preload, sys; print('guessit.data' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    assert run.stdout == "True\n"
