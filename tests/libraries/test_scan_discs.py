"""Discs as a scan stores them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest
from django.test import Client
from django.urls import reverse

from apps.libraries.models import Library, MediaFile, SideFile
from apps.libraries.scan.scope import scope_of
from apps.libraries.scan.walk import FolderListing, WalkProblem, WalkRules, folder_list
from apps.movies import selectors
from apps.movies.models import Movie, MovieExtra, MovieFile
from apps.users.models import User
from tests.disc_files import Item, add_blu_ray, add_dvd, playlist, title_set
from tests.media_files import Audio, write_clip
from tests.scans import add_film, add_nfo, age, issues, scan

ONE_CLIP = {"00001": playlist([Item("00001", 0.4)])}


def _blu_ray(folder: Path) -> Path:
    return add_blu_ray(folder, {"00001": 10}, ONE_CLIP)


def _dvd(folder: Path) -> Path:
    return add_dvd(folder, {"VTS_01_0.VOB": 5, "VTS_01_1.VOB": 10, "VTS_01_2.VOB": 10}, {})


def _listings(root: Path) -> Iterator[FolderListing]:
    pending = [""]
    while pending:
        listing = folder_list(str(root), pending.pop(), WalkRules())
        pending.extend(listing.folders)
        yield listing


def _found(root: Path) -> dict[str, list[str]]:
    return {one.path: [entry.path for entry in one.videos] for one in _listings(root) if one.videos}


def test_a_disc_is_one_file_of_the_folder_around_it(tmp_path: Path) -> None:
    disc = _dvd(tmp_path / "Film (2001)")
    (disc / "VIDEO_TS.nfo").write_text("<movie/>")
    listing = folder_list(str(tmp_path), "Film (2001)", WalkRules())
    entry, nfo = listing.files
    assert (entry.path, nfo.path) == (
        "Film (2001)/VIDEO_TS",
        "Film (2001)/VIDEO_TS/VIDEO_TS.nfo",
    )
    assert entry.segments == (
        "Film (2001)/VIDEO_TS/VTS_01_1.VOB",
        "Film (2001)/VIDEO_TS/VTS_01_2.VOB",
    )
    assert entry.size == sum((tmp_path / path).stat().st_size for path in entry.segments)
    assert set(listing.companions) == {"Film (2001)/VIDEO_TS"}
    assert listing.folders == ()


def test_a_folder_follows_the_times_of_its_disc(tmp_path: Path) -> None:
    _blu_ray(tmp_path / "Film/Disc 1")
    (tmp_path / "Film/Disc 2").mkdir()
    listing = folder_list(str(tmp_path), "Film", WalkRules())
    assert set(listing.companions) == {
        "Film/Disc 1",
        "Film/Disc 1/BDMV",
        "Film/Disc 1/BDMV/PLAYLIST",
        "Film/Disc 1/BDMV/STREAM",
        "Film/Disc 2",
    }
    assert listing.folders == ("Film/Disc 2",)
    assert folder_list(str(tmp_path), "Film/Disc 1", WalkRules()).files == ()


@pytest.mark.parametrize(
    ("path", "top"),
    [
        ("Film/Disc 1/BDMV/STREAM/00001.m2ts", "Film"),
        ("Film/Disc 1", "Film"),
        ("Film/Disc 2", "Film/Disc 2"),
        ("Other/VIDEO_TS/VTS_01_1.VOB", "Other"),
        ("Other/Subs", "Other"),
    ],
)
def test_what_a_path_in_a_disc_means(tmp_path: Path, path: str, top: str) -> None:
    _blu_ray(tmp_path / "Film/Disc 1")
    (tmp_path / "Film/Disc 2").mkdir()
    _dvd(tmp_path / "Other")
    (tmp_path / "Other/Subs").mkdir()
    assert scope_of(str(tmp_path), path, WalkRules()).top == top


def test_discs_of_a_set_lie_together(tmp_path: Path) -> None:
    for folder in (
        "Set (2001)/Disc 1", "Set (2001)/Disc 2", "Other (2002)/Other (2002) - DVD1",
        "Kill Bill/Kill Bill Part 1", "Kill Bill/Kill Bill Part 2", "Disc 3",
        "Set (2001)/Disc 9/deeper",
    ):  # fmt: skip
        _dvd(tmp_path / folder)
    (tmp_path / "Set (2001)/Disc 7").mkdir()
    assert _found(tmp_path) == {
        "Set (2001)": ["Set (2001)/Disc 1/VIDEO_TS", "Set (2001)/Disc 2/VIDEO_TS"],
        "Other (2002)": ["Other (2002)/Other (2002) - DVD1/VIDEO_TS"],
        "Kill Bill/Kill Bill Part 1": ["Kill Bill/Kill Bill Part 1/VIDEO_TS"],
        "Kill Bill/Kill Bill Part 2": ["Kill Bill/Kill Bill Part 2/VIDEO_TS"],
        "Disc 3": ["Disc 3/VIDEO_TS"],
        "Set (2001)/Disc 9/deeper": ["Set (2001)/Disc 9/deeper/VIDEO_TS"],
    }


def test_what_is_no_film_is_said(tmp_path: Path) -> None:
    (tmp_path / "Empty/BDMV/STREAM").mkdir(parents=True)
    (tmp_path / "Image.ISO").write_bytes(b"-")
    _dvd(tmp_path / "Film/Extras")
    add_film(tmp_path, "Film/Film.mkv")
    (tmp_path / "Hidden/Disc 1").mkdir(parents=True)
    (tmp_path / "Hidden/Disc 1/.ignore").touch()
    _dvd(tmp_path / "Hidden/Disc 1")
    (tmp_path / "Folder.iso").mkdir()
    issues = [issue for one in _listings(tmp_path) for issue in one.issues]
    assert {issue.path: issue.problem for issue in issues} == {
        "Image.ISO": WalkProblem.DISC_IMAGE,
        "Empty/BDMV": WalkProblem.DISC_FOLDER,
    }
    assert _found(tmp_path) == {"Film": ["Film/Film.mkv"]}


@pytest.mark.parametrize("make", [_blu_ray, _dvd])
def test_a_disc_becomes_a_film(
    films: Library, films_dir: Path, make: Callable[[Path], Path]
) -> None:
    folder = films_dir / "Comedies (1990)/Film (2001) {tmdb-5}"
    disc = make(folder)
    (folder / "Film (2001) {tmdb-5}.de.srt").write_text("-")
    add_film(folder, "Film (2001) {tmdb-5}-trailer.mkv")

    done = scan(films)

    assert issues(done, films_dir) == {}
    movie = Movie.objects.get()
    assert (movie.title, movie.year, movie.tmdb_id) == ("Film", 2001, 5)
    file = MediaFile.objects.get(movie_file__movie=movie)
    assert file.path == str(disc.relative_to(films_dir))
    assert file.container == {"BDMV": "bluray", "VIDEO_TS": "dvd"}[disc.name]
    assert all((films_dir / segment).is_file() for segment in file.segments)
    assert file.size == sum((films_dir / segment).stat().st_size for segment in file.segments)
    assert file.probe_version > 0
    assert SideFile.objects.get().language == "de"
    assert MovieExtra.objects.get().movie == movie
    again = scan(films)
    assert (again.items_added, again.items_updated, again.items_probed) == (0, 0, 0)
    with disc.joinpath(file.segments[0].removeprefix(f"{file.path}/")).open("ab") as segment:
        segment.write(bytes(188))
    assert scan(films).items_updated == 1


def test_discs_of_a_set_are_parts_of_one_version(
    films: Library, films_dir: Path, member: User
) -> None:
    folder = films_dir / "Film (2001)"
    for name in ("Disc 1", "Disc 2"):
        _blu_ray(folder / name)
    add_film(folder, "Film (2001) - 720p.mkv")
    add_nfo(folder / "Disc 1/BDMV", "index.nfo", "<title>The Film</title><year>2001</year>")
    PIL.Image.new("RGB", (100, 150)).save(folder / "poster.png")
    PIL.Image.new("RGB", (160, 90)).save(folder / "Film (2001) - 720p-fanart.png")

    scan(films)

    movie = Movie.objects.get()
    assert movie.title == "The Film"
    assert movie.poster is not None
    assert movie.backdrop is not None
    file, discs = selectors.movie_versions(user=member, movie=movie)
    assert [one.media_file.file_name for one in file.files] == ["Film (2001) - 720p.mkv"]
    assert [(one.part, one.media_file.path) for one in discs.files] == [
        (1, "Film (2001)/Disc 1/BDMV"),
        (2, "Film (2001)/Disc 2/BDMV"),
    ]


def test_an_nfo_in_a_dvd_describes_it(films: Library, films_dir: Path) -> None:
    disc = add_dvd(films_dir / "Film", {"VTS_01_1.VOB": 10}, {"VTS_01_0.IFO": title_set()})
    add_nfo(disc, "VIDEO_TS.nfo", "<title>Told</title><plot>So.</plot>")
    scan(films)
    movie = Movie.objects.get()
    assert (movie.title, movie.overview) == ("Told", "So.")


def test_a_disc_is_not_sent_as_a_file(
    films: Library, films_dir: Path, admin: User, browser_of: Callable[[User], Client]
) -> None:
    _blu_ray(films_dir / "Film (2001)")
    scan(films)
    link = MovieFile.objects.get()
    browser = browser_of(admin)
    for name in ("playback:stream", "playback:download"):
        assert browser.get(reverse(name, args=[link.media_file_id])).status_code == 404
    page = browser.get(reverse("movies:detail", args=[link.movie_id]))
    assert page.status_code == 200
    assert "Blu-ray" in page.content.decode()
    assert browser.get(reverse("playback:watch", args=[link.movie_id])).status_code == 302


def test_a_disc_that_is_copied_while_scans_run_is_seen_whole(
    films: Library, films_dir: Path
) -> None:
    folder = films_dir / "Film (2001)"
    (folder / "Disc 1").mkdir(parents=True)
    age(films_dir)
    scan(films)
    disc = _blu_ray(folder / "Disc 1")
    age(disc)
    assert scan(films).items_added == 1
    assert scan(films).items_probed == 0

    write_clip(disc / "STREAM/00002.m2ts", audio=[Audio("ac3")], frames=50)
    (disc / "PLAYLIST/00002.mpls").write_bytes(playlist([Item("00002", 2.0)]))
    changed = scan(films)

    assert (changed.items_added, changed.items_updated) == (0, 1)
    file = MediaFile.objects.get()
    assert file.segments == ["Film (2001)/Disc 1/BDMV/STREAM/00002.m2ts"]
    assert file.duration_seconds == 2
