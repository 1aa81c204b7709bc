"""Which files and folders count."""

from pathlib import PurePosixPath

import pytest

from apps.libraries.scan import rules


@pytest.mark.parametrize(
    ("name", "is_video"),
    [("a.mkv", True), ("a.MP4", True), ("a.m2ts", True), ("-i.mkv", True), (".a.mkv", False),
     ("a.strm", False), ("a.m3u8", False), ("a.srt", False), ("mkv", False), ("a.mkv.part", False)],
)  # fmt: skip
def test_video(name: str, *, is_video: bool) -> None:
    assert rules.is_video(name) is is_video


def test_every_kind_of_video() -> None:
    kinds = {
        "mkv", "mp4", "m4v", "mov", "avi", "webm", "wmv", "flv", "mpg", "mpeg", "ts", "m2ts", "vob",
        "ogv", "3gp", "asf", "divx",
    }  # fmt: skip
    assert {extension.removeprefix(".") for extension in rules.VIDEO_EXTENSIONS} == kinds
    assert all(rules.is_video(f"a.{kind.upper()}") for kind in kinds)


@pytest.mark.parametrize(
    ("path", "folder", "stem"),
    [
        ("Mr. Film.mkv", ".", "Mr. Film"),
        ("Film/Mr. Film.mkv", "Film", "Mr. Film"),
        ("Mr. Film/BDMV", "Mr. Film", "Mr. Film"),
        ("Film/Disc 1/VIDEO_TS", "Film", "Disc 1"),
        ("Film/cd2/video_ts", "Film", "cd2"),
        ("Film/Film - Disc B/BDMV", "Film", "Film - Disc B"),
        ("Kill Bill/Kill Bill Part 1/BDMV", "Kill Bill/Kill Bill Part 1", "Kill Bill Part 1"),
        ("Films/Other Disc 1/BDMV", "Films/Other Disc 1", "Other Disc 1"),
        ("Disc 1/BDMV", "Disc 1", "Disc 1"),
        ("BDMV", ".", "BDMV"),
    ],
)
def test_what_names_a_film(path: str, folder: str, stem: str) -> None:
    assert str(rules.film_folder(PurePosixPath(path))) == folder
    assert rules.film_stem(PurePosixPath(path)) == stem


@pytest.mark.parametrize(
    ("name", "is_ignored"),
    [("@eaDir", True), ("#recycle", True), ("$RECYCLE.BIN", True), ("lost+found", True),
     (".cache", True), ("Film.trickplay", True), ("Film (2000)", False), ("extras", False)],
)  # fmt: skip
def test_ignored_folder(name: str, *, is_ignored: bool) -> None:
    assert rules.is_ignored_dir(name) is is_ignored


@pytest.mark.parametrize(
    ("name", "size", "is_sample"),
    [
        ("film-sample.mkv", 20_000_000, True),
        ("Sample.mkv", 20_000_000, True),
        ("film.sample.1080p.mkv", 20_000_000, True),
        ("Sample (2010).mkv", 4_000_000_000, False),
        ("Samples of Life.mkv", 20_000_000, False),
        ("film.mkv", 20_000_000, False),
    ],
)
def test_sample(name: str, size: int, *, is_sample: bool) -> None:
    assert rules.is_sample(name, size) is is_sample
