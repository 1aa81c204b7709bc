import os
import socket
from pathlib import Path

import pytest

from apps.libraries.scan.walk import FolderListing, WalkIssue, WalkProblem, printable, walk
from tests.scans import as_nobody, open_folder


def _make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"-")


def _folders(root: Path, **options: list[str]) -> dict[str, list[str]]:
    found = walk(root, exclude=options.get("exclude", []))
    return {
        listing.path: [entry.path for entry in listing.files]
        for listing in found
        if isinstance(listing, FolderListing)
    }


def _issues(root: Path) -> dict[str, WalkProblem]:
    return {found.path: found.problem for found in walk(root) if isinstance(found, WalkIssue)}


def test_folders_come_in_order_with_what_belongs_to_them(tmp_path: Path) -> None:
    _make(tmp_path, "b/Film.mkv", "b/poster.jpg", "b/film.NFO", "b/readme.txt", "a/deep/X.MP4")
    _make(tmp_path, "Flat (1999).avi", "empty/notes.txt")

    assert _folders(tmp_path) == {
        "": ["Flat (1999).avi"],
        "a/deep": ["a/deep/X.MP4"],
        "b": ["b/Film.mkv", "b/film.NFO", "b/poster.jpg"],
    }
    assert list(_folders(tmp_path)) == ["", "a/deep", "b"]


def test_companion_folders_belong_to_the_film(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv", "Film/Subs/Film/2_English.srt", "Film/Trailers/one.mp4")
    _make(tmp_path, "Film/extrafanart/1.jpg", "Film/Sequel/Sequel.mkv")

    assert _folders(tmp_path) == {
        "Film": [
            "Film/Film.mkv",
            "Film/Subs/Film/2_English.srt",
            "Film/Trailers/one.mp4",
            "Film/extrafanart/1.jpg",
        ],
        "Film/Sequel": ["Film/Sequel/Sequel.mkv"],
    }


def test_a_companion_folder_without_a_film_stands_alone(tmp_path: Path) -> None:
    _make(tmp_path, "Shorts/La Jetée (1962).mkv", "Film/Trailers/one.mp4")

    assert set(_folders(tmp_path)) == {"Shorts", "Film/Trailers"}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.mkv", "._Film.mkv", ".cache/Film.mkv", "@eaDir/Film.mkv", "#recycle/Film.mkv",
        "lost+found/Film.mkv", "$RECYCLE.BIN/Film.mkv", "Film.trickplay/1.mkv", "sample.mkv",
        "Film-sample.mkv", "Film.mkv.part", "Film.strm", "Film.m3u",
    ],
)  # fmt: skip
def test_what_is_not_for_people_is_passed_by(tmp_path: Path, name: str) -> None:
    _make(tmp_path, name)

    assert list(walk(tmp_path)) == []


def test_a_folder_with_an_ignore_marker_is_passed_by_with_all_below(tmp_path: Path) -> None:
    _make(tmp_path, "a/.ignore", "a/Film.mkv", "a/b/Film.mkv", "c/Film.mkv")

    assert set(_folders(tmp_path)) == {"c"}


def test_globs_exclude_names_and_paths(tmp_path: Path) -> None:
    _make(tmp_path, "a/Film.mkv", "a/Film.tmp.mkv", "old/x/Film.mkv", "b/old.mkv")

    folders = _folders(tmp_path, exclude=["*.tmp.mkv", "old/*"])

    assert folders == {"a": ["a/Film.mkv"], "b": ["b/old.mkv"]}


def test_links_are_not_followed_and_those_that_leave_are_reported(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    _make(root, "in/Film.mkv")
    _make(outside, "secret.mkv", "secret.txt")
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "inside.mkv").symlink_to(root / "in/Film.mkv")
    (root / "folder").symlink_to(outside)
    (root / "file.mkv").symlink_to(outside / "secret.mkv")
    (root / "gone.mkv").symlink_to(outside / "gone.mkv")
    (root / "notes.txt").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to("../outside")

    assert set(_folders(root)) == {"in"}
    assert _issues(root) == dict.fromkeys(
        ("folder", "file.mkv", "gone.mkv", "up"), WalkProblem.LINK_OUTSIDE
    )


def test_only_regular_files_are_films(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (tmp_path / "folder.mkv").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.mkv"))
        if os.geteuid() == 0:
            os.mknod(tmp_path / "zero.mkv", 0o600 | 0o020000, os.makedev(1, 5))

        assert list(walk(tmp_path)) == []


def test_names_that_cannot_be_stored_are_reported_and_not_entered(tmp_path: Path) -> None:
    bad = os.fsdecode(b"caf\xe9")
    _make(tmp_path, f"{bad}.mkv", f"{bad}/Film.mkv", "Film/VIDEO_TS/VTS_01_1.VOB", "ok.mkv")

    assert set(_folders(tmp_path)) == {""}
    assert _issues(tmp_path) == {
        f"{bad}.mkv": WalkProblem.BAD_NAME,
        bad: WalkProblem.BAD_NAME,
        "Film/VIDEO_TS": WalkProblem.DISC_FOLDER,
    }


def test_a_path_too_long_for_the_database_is_reported(tmp_path: Path) -> None:
    folder = tmp_path
    for _level in range(8):
        folder /= "é" * 127
        folder.mkdir()
    (folder / "Film.mkv").write_bytes(b"-")

    assert list(_issues(tmp_path).values()) == [WalkProblem.TOO_LONG]


@pytest.mark.parametrize(
    "name", ["-rf.mkv", "a'b\"c.mkv", "line\nbreak.mkv", "🎬.mkv", "50% #1 {x} \\.mkv", "x" * 251]
)
def test_strange_names_are_names(tmp_path: Path, name: str) -> None:
    name = name if name.endswith(".mkv") else f"{name}.mkv"
    _make(tmp_path, f"Film/{name}")

    assert _folders(tmp_path) == {"Film": [f"Film/{name}"]}


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_a_closed_folder_is_unreadable_and_not_empty(mode: int) -> None:
    with open_folder() as root:
        _make(root, "closed/Film.mkv", "open/Film.mkv")
        (root / "closed").chmod(mode)
        with as_nobody():
            found = list(walk(root))
        (root / "closed").chmod(0o755)

    listings = [one.path for one in found if isinstance(one, FolderListing)]
    problems = [one for one in found if isinstance(one, WalkIssue)]
    assert listings == ["open"]
    assert [one.problem for one in problems] == [WalkProblem.UNREADABLE]
    assert problems[0].path in {"closed", "closed/Film.mkv"}
    assert problems[0].message == "Permission denied"


def test_a_closed_companion_is_reported_before_its_film() -> None:
    with open_folder() as root:
        _make(root, "Film/Film.mkv", "Film/Trailers/one.mkv")
        (root / "Film/Trailers").chmod(0)
        with as_nobody():
            found = list(walk(root))
        (root / "Film/Trailers").chmod(0o755)

    assert [one.path for one in found] == ["Film/Trailers", "Film"]


def test_a_root_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    (issue,) = walk(tmp_path / "gone")

    assert issue == WalkIssue("", WalkProblem.UNREADABLE, "No such file or directory")


def test_a_visit_is_told_for_every_folder(tmp_path: Path) -> None:
    _make(tmp_path, "a/b/notes.txt", "c/notes.txt")
    visits: list[None] = []

    assert list(walk(tmp_path, visiting=lambda: visits.append(None))) == []
    assert len(visits) == 4


def test_a_signature_follows_names_sizes_and_times(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv", "Film/film.nfo")

    def signature() -> str:
        (listing,) = walk(tmp_path)
        assert isinstance(listing, FolderListing)
        return listing.signature

    first = signature()
    assert signature() == first
    os.utime(tmp_path / "Film/film.nfo", ns=(1, 1))
    touched = signature()
    (tmp_path / "Film/film.nfo").rename(tmp_path / "Film/movie.nfo")
    assert len({first, touched, signature()}) == 3


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("Film/🎬.mkv", "Film/🎬.mkv"),
        ("a\nb\x1b[31m", r"a\nb\x1b[31m"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("right\u202eleft", r"right\u202eleft"),
    ],
)
def test_printable(path: str, shown: str) -> None:
    assert printable(path) == shown
