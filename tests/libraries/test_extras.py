"""Extras by folder and suffix."""

from pathlib import PurePosixPath

import pytest

from apps.libraries.scan.extras import EXTRA_FOLDERS, EXTRA_SUFFIXES, ExtraKind, extra_kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Film (2000)/Film (2000).mkv", None),
        ("Film (2000)/Film-trailer.mp4", ExtraKind.TRAILER),
        ("Film (2000)/FILM-BehindTheScenes.mkv", ExtraKind.BEHIND_THE_SCENES),
        ("Film (2000)/Trailers/Teaser.mp4", ExtraKind.TRAILER),
        ("Film (2000)/Behind The Scenes/Making of.mkv", ExtraKind.BEHIND_THE_SCENES),
        ("Film (2000)/Extras/Disc 2/Interview.mkv", ExtraKind.OTHER),
        ("Film (2000)/Extras/Interviews/One.mkv", ExtraKind.INTERVIEW),
        ("Shorts/La Jetée (1962).mkv", None),
        ("Shorts/La Jetée (1962)/La Jetée (1962).mkv", None),
        ("Trailer Park (2006).mkv", None),
        ("The Other (1972)/The Other (1972).mkv", None),
        ("film-sample.mkv", ExtraKind.SAMPLE),
    ],
)
def test_kind(path: str, kind: ExtraKind | None) -> None:
    assert extra_kind(PurePosixPath(path)) is kind


def test_every_folder_and_suffix() -> None:
    folders = {name: extra_kind(PurePosixPath("Film", name, "a.mkv")) for name in EXTRA_FOLDERS}
    assert folders == EXTRA_FOLDERS
    suffixes = {name: extra_kind(PurePosixPath("Film", f"a{name}.mkv")) for name in EXTRA_SUFFIXES}
    assert suffixes == EXTRA_SUFFIXES
