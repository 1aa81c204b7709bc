"""The main film of a disc's folder: BDMV of a Blu-ray, VIDEO_TS of a DVD.

Of a Blu-ray it is the longest playlist, whose clips lie in STREAM; of a DVD the largest title set.
Links inside of the folder are not followed, and names count in any case.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from apps.libraries.scan import rules
from apps.libraries.scan.playlists import Playlist, PlaylistError, parse_playlist
from apps.libraries.scan.titlesets import TitleSet, TitleSetError, parse_title_set

_FILM_FOLDERS: Final = frozenset(("stream", "playlist"))
_MAX_PLAYLISTS: Final = 5000
_MAX_TABLE_BYTES: Final = 1024 * 1024
_MAX_PLAYLIST_BYTES: Final = 16 * 1024 * 1024
"""Of all playlists: a disc with a thousand decoys has less."""


class DiscKind(StrEnum):
    BLU_RAY = "bluray"
    DVD = "dvd"


class DiscError(Exception):
    """The folder holds no film."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of the main film; `path` is relative to the disc's folder, the time in ns."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class MainFilm:
    """What plays when the disc's film is played, in order.

    `languages` are those of the playlist's streams by their packet ids, and `title_set` is there
    for a DVD whose tables can be read. `duration` is None when no table tells it.
    """

    kind: DiscKind
    segments: tuple[Segment, ...]
    duration: float | None = None
    chapters: tuple[float, ...] = ()
    languages: Mapping[int, str] = field(default_factory=dict)
    title_set: TitleSet | None = None

    @property
    def size(self) -> int:
        return sum(segment.size for segment in self.segments)

    @property
    def mtime_ns(self) -> int:
        return max(segment.mtime_ns for segment in self.segments)


def disc_inside(root: str, path: str) -> str | None:
    """The disc in a folder such as `Disc 1`; paths are relative to the root. Raises OSError."""
    with os.scandir(f"{root}/{path}") as entries:
        folders = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    if rules.IGNORE_MARKER in folders:
        return None
    discs = sorted(name for name in folders if rules.is_disc_folder(name) and folders[name])
    return f"{path}/{discs[0]}" if discs else None


def folders_inside(root: str, path: str) -> list[str]:
    """The folders of a disc on which its main film depends; relative paths. Raises OSError."""
    with os.scandir(f"{root}/{path}") as entries:
        return [
            f"{path}/{entry.name}"
            for entry in entries
            if entry.name.lower() in _FILM_FOLDERS and entry.is_dir(follow_symlinks=False)
        ]


def main_film(path: str) -> MainFilm:
    """The main film of a disc's folder. Raises DiscError, and OSError when it cannot be read."""
    if path.rpartition("/")[2].casefold() == rules.BLU_RAY_FOLDER:
        return _blu_ray(path)
    return _dvd(path)


def _blu_ray(path: str) -> MainFilm:
    streams = _files(path, "stream")
    clips = {name[:-5]: found for name, found in streams.items() if name.endswith(".m2ts")}
    if not clips:
        raise DiscError("there is no film in the folder STREAM")
    playlist = max(_playable(path, clips), key=_rank, default=None)
    if playlist is None:
        return MainFilm(DiscKind.BLU_RAY, (max(clips.values(), key=lambda clip: clip.size),))
    return MainFilm(
        DiscKind.BLU_RAY,
        tuple(clips[clip] for clip in dict.fromkeys(item.clip for item in playlist.items)),
        duration=playlist.distinct_duration or None,
        chapters=playlist.chapters,
        languages=playlist.items[0].languages,
    )


def _playable(path: str, clips: Mapping[str, Segment]) -> Iterator[Playlist]:
    """The playlists whose clips are all there, in the order of their numbers."""
    found = _files(path, "playlist")
    names = sorted(name for name in found if name.endswith(".mpls"))[:_MAX_PLAYLISTS]
    read = 0
    for name in names:
        table = _table(f"{path}/{found[name].path}")
        read += len(table)
        if read > _MAX_PLAYLIST_BYTES:
            return
        try:
            playlist = parse_playlist(table)
        except PlaylistError:
            continue
        if playlist.items and all(item.clip in clips for item in playlist.items):
            yield playlist


def _rank(playlist: Playlist) -> tuple[float, int, int]:
    """Decoys shuffle and repeat the film's clips, and have fewer chapters and languages."""
    languages = len(playlist.items[0].languages)
    return playlist.distinct_duration, len(playlist.chapters), languages


def _dvd(path: str) -> MainFilm:
    files = _files(path, "")
    sets: dict[str, list[Segment]] = {}
    for name in sorted(files):
        if rules.TITLE_SET_FILM.fullmatch(name):  # VTS_nn_0.VOB is the menu
            sets.setdefault(name[:6], []).append(files[name])
    if not sets:
        raise DiscError("there is no film in the folder")
    number, segments = max(sets.items(), key=lambda one: sum(part.size for part in one[1]))
    table = files.get(f"{number}_0.ifo") or files.get(f"{number}_0.bup")
    title_set = _title_set(f"{path}/{table.path}") if table else None
    return MainFilm(
        DiscKind.DVD,
        tuple(segments),
        duration=(title_set and title_set.duration) or None,
        chapters=title_set.chapters if title_set else (),
        title_set=title_set,
    )


def _title_set(path: str) -> TitleSet | None:
    try:
        return parse_title_set(_table(path))
    except TitleSetError:
        return None


def _files(path: str, folder: str) -> dict[str, Segment]:
    """The files of the disc's folder, or of one in it, by their names in lower case."""
    name = next((name for name in os.listdir(path) if name.lower() == folder), "")  # noqa: PTH208
    if (folder and not name) or os.path.islink(f"{path}/{name}"):  # noqa: PTH114
        return {}
    found = {}
    with os.scandir(f"{path}/{name}") as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                inner = f"{name}/{entry.name}" if name else entry.name
                found[entry.name.lower()] = Segment(inner, status.st_size, status.st_mtime_ns)
    return found


def _table(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  (a name that is not UTF-8 stays as it is)
        return file.read(_MAX_TABLE_BYTES)
