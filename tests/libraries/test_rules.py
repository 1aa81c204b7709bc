"""Which files and folders count."""

import pytest

from apps.libraries.scan import rules


@pytest.mark.parametrize(
    ("name", "is_video"),
    [("a.mkv", True), ("a.MP4", True), ("a.m2ts", True), ("-i.mkv", True), (".a.mkv", False),
     ("a.strm", False), ("a.m3u8", False), ("a.srt", False), ("mkv", False), ("a.mkv.part", False)],
)  # fmt: skip
def test_video(name: str, *, is_video: bool) -> None:
    assert rules.is_video(name) is is_video


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
