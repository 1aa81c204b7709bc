"""Which files and folders of a library mean what."""

import re
from pathlib import PurePath, PurePosixPath
from typing import Final

from apps.libraries.scan.titles import fold

# fmt: off
VIDEO_EXTENSIONS: Final = frozenset((
    ".mkv", ".mp4", ".m4v", ".mov", ".avi", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".ts",
    ".m2ts", ".vob", ".ogv", ".3gp", ".asf", ".divx",
))
# Folders that hold many films, so that their name is never a film's.
GENERIC_FOLDERS: Final = frozenset((
    "movies", "movie", "films", "film", "filme", "video", "videos", "media", "cinema", "kino",
    "downloads",
))
# fmt: on
SUBTITLE_EXTENSIONS: Final = frozenset((".srt", ".ass", ".ssa", ".vtt", ".sub", ".idx", ".sup"))
AUDIO_EXTENSIONS: Final = frozenset((".ac3", ".eac3", ".dts", ".flac", ".aac", ".mka"))
IMAGE_EXTENSIONS: Final = (".jpg", ".jpeg", ".png", ".webp")

SUBTITLE_FOLDERS: Final = frozenset(("subs", "subtitles"))
BLU_RAY_FOLDER: Final = "bdmv"
DVD_FOLDER: Final = "video_ts"
DISC_FOLDERS: Final = frozenset((BLU_RAY_FOLDER, DVD_FOLDER))
DISC_IMAGES: Final = frozenset((".iso", ".nrg"))
TITLE_SET_FILM: Final = re.compile(r"vts_\d\d_[1-9]\.vob")
IGNORE_MARKER: Final = ".ignore"
IGNORED_NAMES: Final = frozenset(("@eadir", "#recycle", "lost+found", "$recycle.bin"))
TRICKPLAY_SUFFIX: Final = ".trickplay"

SAMPLE_MAX_BYTES: Final = 200 * 1024 * 1024

# At the very end of a file's name; the group is the part's number or letter.
PART_MARKER: Final = re.compile(
    r"(?:^|[\s._\-\[(]+)(?:cd|dvd|part|pt|disc|disk)[\s._-]?([0-9]{1,2}|[a-d])[\])]?\s*$",
    re.IGNORECASE,
)

_DISC_MARKER: Final = re.compile(
    r"(?:^|[\s._\-\[(]+)(?:cd|dvd|disc|disk)[\s._-]?(?:[0-9]{1,2}|[a-d])[\])]?\s*$", re.IGNORECASE
)
_SAMPLE_WORD: Final = re.compile(r"(?:^|[^a-z0-9])sample(?:[^a-z0-9]|$)")


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden by its name."""
    return name.startswith(".")


def is_ignored_dir(name: str) -> bool:
    """Whether a scan passes the folder by without looking into it."""
    folded = name.casefold()
    return is_hidden(name) or folded in IGNORED_NAMES or folded.endswith(TRICKPLAY_SUFFIX)


def is_video(name: str) -> bool:
    """Whether a file of that name is a film, part of one, or an extra."""
    return not is_hidden(name) and PurePath(name).suffix.lower() in VIDEO_EXTENSIONS


def is_sample(name: str, size: int) -> bool:
    """Whether a video file of ``size`` bytes is a release's short sample."""
    return size <= SAMPLE_MAX_BYTES and _SAMPLE_WORD.search(PurePath(name).stem.lower()) is not None


def is_disc_folder(name: str) -> bool:
    """Whether a folder holds a disc, as one film, and no files of films."""
    return name.casefold() in DISC_FOLDERS


def is_part_of_set(name: str, parent: str) -> bool:
    """Whether a disc in a folder of that name (`Disc 1`, `Film - Disc 1`) is a part of the film
    that the folder around it names."""
    if not parent:
        return False
    if whole := PART_MARKER.match(name):
        return whole.end() == len(name)
    marker = _DISC_MARKER.search(name)
    return marker is not None and fold(name[: marker.start()]) == fold(parent)


def film_folder(path: PurePosixPath) -> PurePosixPath:
    """The folder in which a film's files are listed together: for a disc the one around its
    folder, or around the set of discs."""
    folder = path.parent
    if is_disc_folder(path.name) and is_part_of_set(folder.name, folder.parent.name):
        return folder.parent
    return folder


def film_name(path: PurePosixPath) -> str:
    """How the paths begin of what belongs to a film alone."""
    return str(film_folder(path) / film_stem(path))


def film_stem(path: PurePosixPath) -> str:
    """What a film's files are called, without an extension; a disc is called like its folder."""
    return path.parent.name if is_disc_folder(path.name) and path.parent.name else path.stem
