import pytest

from apps.libraries.scan.grouping import holds_one_movie
from apps.libraries.scan.walk import FileEntry, FolderListing


def _listing(folder: str, *names: str) -> FolderListing:
    files = tuple(
        FileEntry(f"{folder}/{name}", 1, 1, 1, () if "." in name else (f"{folder}/{name}/a",))
        for name in names
    )
    return FolderListing(folder, 1, files)


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("Action", ["Heat.mkv"]),
        ("Title (2001)", ["Title (2001) - 1080p.mkv", "Title (2001) - 4K.mkv"]),
        ("Title (2001)", ["Title.2001.1080p.BluRay.x264-ABC.mkv", "Title.2001.2160p.mkv"]),
        ("Title (2001)", ["title.mkv", "Title - Some Words.mkv"]),
        ("Title (2001) {tmdb-5}", ["Title (2001) {tmdb-5} - A.mkv", "Title (2001) {tmdb-5}.mkv"]),
        ("Léon (1994)", ["Leon.1994.mkv", "LÉON - 4k.mkv"]),
        ("2001: A Space (1968)", ["2001.A.Space.1968.ts", "2001 a space - 4k.ts"]),
        ("Title (2001)", ["cd1.mkv", "cd2.mkv"]),
        ("Stuff", ["Kill Bill cd1.mkv", "Kill Bill cd2.mkv"]),
        ("Title (2001)", ["Title (2001).mkv", "Title (2001)-trailer.mkv", "extras/Other.mkv"]),
        ("Film", ["Film.mkv", "Film - 4K.mkv"]),
        ("Film {tmdb-5}", ["Film.mkv", "Film [1080p].mkv", "Film - Director's Cut.mkv"]),
        ("Film", ["Film.mkv", "Film.mp4"]),
        ("Title (2001)", ["cd1.mkv", "cd2.mkv", "Title (2001) - 4K.mkv"]),
        ("Mr. Title (2001)", ["BDMV", "Mr. Title (2001) - 4K.mkv"]),
        ("Title (2001)", ["Disc 1/VIDEO_TS", "Disc 2/VIDEO_TS"]),
    ],
)  # fmt: skip
def test_versions_and_parts_are_one_film(folder: str, names: list[str]) -> None:
    assert holds_one_movie(_listing(folder, *names))


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("", ["Heat.mkv"]),
        ("Action", ["Heat (1995).mkv", "Ronin (1998).mkv"]),
        ("Dune", ["Dune (1984).mkv", "Dune (2021).mkv"]),
        ("Dune (1984)", ["Dune (1984).mkv", "Dune (2021).mkv"]),
        ("Dune (1984)", ["Dune.1984.mkv", "Dune.2021.mkv"]),
        ("Alien", ["Alien.mkv", "Aliens.mkv", "Alien 3.mkv"]),
        ("Alien (1979)", ["Alien.mkv", "Aliens.mkv"]),
        ("Saw (2004)", ["Saw.mkv", "Saw II.mkv"]),
        ("Saw (2004)", ["Saw.mkv", "Saw 3.mkv"]),
        ("Mission Impossible", ["Mission Impossible.mkv", "Mission Impossible - Fallout.mkv"]),
        ("Title (2001)", ["Title (2001).mkv", "Other.mkv"]),
        ("Title (2001)", ["Title (2001)-trailer.mkv"]),
        ("!!!", ["a.mkv", "b.mkv"]),
        ("Action", ["BDMV", "Heat (1995).mkv"]),
    ],
)
def test_different_films_are_not(folder: str, names: list[str]) -> None:
    assert not holds_one_movie(_listing(folder, *names))
