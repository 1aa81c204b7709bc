"""Telling extras (trailers, deleted scenes, …) from films by where they lie."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final


class ExtraKind(StrEnum):
    """What an extra is."""

    TRAILER = "trailer"
    BEHIND_THE_SCENES = "behind_the_scenes"
    DELETED_SCENE = "deleted_scene"
    FEATURETTE = "featurette"
    INTERVIEW = "interview"
    SCENE = "scene"
    SHORT = "short"
    CLIP = "clip"
    SAMPLE = "sample"
    THEME_MUSIC = "theme_music"
    BACKDROP = "backdrop"
    OTHER = "other"


EXTRA_FOLDERS: Final = {
    "behind the scenes": ExtraKind.BEHIND_THE_SCENES,
    "deleted scenes": ExtraKind.DELETED_SCENE,
    "featurettes": ExtraKind.FEATURETTE,
    "interviews": ExtraKind.INTERVIEW,
    "scenes": ExtraKind.SCENE,
    "samples": ExtraKind.SAMPLE,
    "shorts": ExtraKind.SHORT,
    "trailers": ExtraKind.TRAILER,
    "extras": ExtraKind.OTHER,
    "other": ExtraKind.OTHER,
    "clips": ExtraKind.CLIP,
    "theme-music": ExtraKind.THEME_MUSIC,
    "backdrops": ExtraKind.BACKDROP,
}

EXTRA_SUFFIXES: Final = {
    "-trailer": ExtraKind.TRAILER,
    "-behindthescenes": ExtraKind.BEHIND_THE_SCENES,
    "-deleted": ExtraKind.DELETED_SCENE,
    "-featurette": ExtraKind.FEATURETTE,
    "-interview": ExtraKind.INTERVIEW,
    "-scene": ExtraKind.SCENE,
    "-short": ExtraKind.SHORT,
    "-clip": ExtraKind.CLIP,
    "-other": ExtraKind.OTHER,
    "-sample": ExtraKind.SAMPLE,
}


def extra_kind(relative_path: PurePosixPath) -> ExtraKind | None:
    """The kind of extra that a video is, by its path below the library root; None for a film.

    A folder directly below the root sorts films (``Shorts/La Jetée (1962).mkv``) and is no sign.
    """
    for folder in reversed(relative_path.parent.parts[1:]):
        if kind := EXTRA_FOLDERS.get(folder.casefold()):
            return kind
    stem = relative_path.stem.casefold()
    return next((kind for suffix, kind in EXTRA_SUFFIXES.items() if stem.endswith(suffix)), None)
