"""Rows of folders, files and side files."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from apps.core.db.upserts import upsert
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile, MediaFolder, SideFile
from apps.libraries.scan.comparing import FolderWork
from apps.libraries.scan.identity import Place, Traced, places_claim
from apps.libraries.scan.inspection import TRANSIENT_FAILURES, Inspection
from apps.libraries.scan.probe_types import VERSION, MediaProbe, ProbeFailure
from apps.libraries.scan.side_storing import (
    by_file,
    side_files,
    side_files_store,
    subtitle_languages,
)
from apps.libraries.scan.walk import FileEntry, printable

_COLUMNS = [
    "library", "root", "folder", "path", "size", "mtime_ns", "inode", "fingerprint", "segments",
    "state", "failure", "failure_message", "missing_since", "probed_at", "probe_version", "probe",
    "name", "container", "duration_seconds", "bit_rate", "width", "height", "frame_rate",
    "video_codec", "video_profile", "bit_depth", "dynamic_range", "color_space", "audio_codec",
    "audio_profile", "audio_channels", "audio_languages", "subtitle_languages", "updated_at",
]  # fmt: skip


@dataclass(frozen=True)
class PreparedFiles:
    """Files as they will be stored; `unchanged` ones need no writing. `known` is where the rows
    were read of those that are not new."""

    added: tuple[MediaFile, ...]
    updated: tuple[MediaFile, ...]
    unchanged: tuple[MediaFile, ...]
    moved: tuple[MediaFile, ...]
    known: Mapping[uuid.UUID, Place]

    @property
    def changed(self) -> tuple[MediaFile, ...]:
        return (*self.added, *self.updated, *self.moved)

    @property
    def all(self) -> list[MediaFile]:
        """In the order of their paths."""
        return sorted((*self.changed, *self.unchanged), key=lambda file: file.path)

    @property
    def usable(self) -> list[MediaFile]:
        """Those that can be a film."""
        return [file for file in self.all if file.state == FileState.AVAILABLE]

    @property
    def broken(self) -> list[MediaFile]:
        return [file for file in self.all if file.state == FileState.BROKEN]

    @property
    def is_final(self) -> bool:
        """Whether no file has to be tried again by the next scan."""
        return not any(file.failure in TRANSIENT_FAILURES for file in self.broken)


def files_prepare(
    *,
    library: Library,
    root: LibraryRoot,
    entries: Sequence[FileEntry],
    known: Mapping[str, MediaFile],
    inspected: Mapping[str, Inspection],
    traced: Traced,
) -> PreparedFiles:
    """Turn what was read into rows, without touching the database. A file that was not read has
    none when its row has left."""
    now = timezone.now()
    added, updated, unchanged, moved = [], [], [], []
    places: dict[uuid.UUID, Place] = {}
    for entry in entries:
        file = traced.moved.get(entry.path) or known.get(entry.path)
        inspection = inspected.get(entry.path)
        if file is None and inspection is None:
            continue  # its row was found at another place since it was listed
        if file is not None:
            places[file.pk] = file.root_id, file.path
        if file is None:
            file = MediaFile()
            added.append(file)
        elif entry.path in traced.moved:
            moved.append(file)
        elif inspection is not None or file.state == FileState.MISSING:
            updated.append(file)
        else:
            unchanged.append(file)
            continue
        file.library, file.root, file.path = library, root, entry.path
        _fill(file, entry, inspection, traced, now)
    return PreparedFiles(tuple(added), tuple(updated), tuple(unchanged), tuple(moved), places)


@dataclass(frozen=True)
class FolderFiles:
    """The files of a folder, or of a piece of one, in their place; `written` are those whose rows
    that changes."""

    files: PreparedFiles
    written: tuple[MediaFile, ...]
    sides: tuple[SideFile, ...]


def folder_place(work: FolderWork, files: PreparedFiles) -> FolderFiles:
    """Put files into their folder, beside what belongs to them, without touching the database."""
    sides = tuple(
        side_files(work.listing, files.usable, only_movie_in_folder=work.only_movie_in_folder)
    )
    beside = by_file(sides)
    placed = {file.pk for file in files.all if _place(file, work.folder, beside.get(file.pk, ()))}
    replaced = tuple(file for file in files.unchanged if file.pk in placed)
    return FolderFiles(files, (*files.changed, *replaced), sides)


def folders_store(*, root: LibraryRoot, folders: Sequence[FolderFiles]) -> list[uuid.UUID]:
    """Write a batch: files, side files. Answers which files had to make room.

    Raises `identity.ContestedError`.
    """
    written = [file for one in folders for file in one.written]
    sides = [row for one in folders for row in one.sides]
    known = {pk: place for one in folders for pk, place in one.files.known.items()}
    displaced = places_claim(
        known={file.pk: known[file.pk] for file in written if file.pk in known},
        wanted={(root.pk, file.path): file.pk for file in written},
    )
    upsert(written, key=["id"], columns=_COLUMNS)
    side_files_store([file for one in folders for file in one.files.usable], sides)
    return displaced


def _place(file: MediaFile, folder: MediaFolder, beside: Sequence[SideFile]) -> bool:
    """Fill in what a file has from the folder around it; answers whether that is new."""
    before = (file.folder_id, file.subtitle_languages)
    file.folder = folder
    if file.state == FileState.AVAILABLE:
        file.subtitle_languages = subtitle_languages(file, beside)
    return before != (folder.pk, file.subtitle_languages)


def _fill(
    file: MediaFile, entry: FileEntry, inspection: Inspection | None, traced: Traced, now: datetime
) -> None:
    file.size, file.mtime_ns, file.inode = entry.size, entry.mtime_ns, entry.inode
    file.segments = list(entry.segments)
    file.missing_since = None
    if inspection is None:  # back, and the same as before
        file.state = FileState.BROKEN if file.failure else FileState.AVAILABLE
        return
    has_read_it = file.probe is not None and file.probe_version == VERSION
    if inspection.is_known and has_read_it and file.fingerprint == inspection.fingerprint:
        file.state, file.name = FileState.AVAILABLE, inspection.name
        return
    # What cannot be read for a moment is followed by what it was known by.
    file.fingerprint = inspection.fingerprint or file.fingerprint
    if inspection.is_known:
        inspection, now = _of_twin(inspection, traced, now)
    file.probed_at, file.probe_version = now, VERSION
    file.failure = inspection.failure or ""
    file.failure_message = printable(inspection.message)[:500]
    file.name, file.probe = inspection.name, inspection.probe
    if inspection.probe is None:
        file.state = FileState.BROKEN
        return
    file.state = FileState.AVAILABLE
    _fill_columns(file, MediaProbe.from_json(inspection.probe))


def _of_twin(inspection: Inspection, traced: Traced, now: datetime) -> tuple[Inspection, datetime]:
    """What is known of the same content, and since when."""
    twin = traced.twins.get(inspection.fingerprint)
    if twin is None or twin.probe is None:
        message = "The file that it was a copy of has changed meanwhile"
        failed = ProbeFailure.UNREADABLE
        return replace(inspection, failure=failed, message=message, name=None), now
    return replace(inspection, probe=twin.probe), twin.probed_at or now


def _fill_columns(file: MediaFile, probe: MediaProbe) -> None:
    file.container = probe.container
    file.duration_seconds = probe.duration
    file.bit_rate = probe.bitrate
    video = next((track for track in probe.video if track.is_default), probe.video[0])
    file.width, file.height, file.frame_rate = video.width, video.height, video.frame_rate
    file.video_codec, file.video_profile = video.codec, (video.profile or "")[:64]
    file.bit_depth, file.dynamic_range = video.bit_depth, video.hdr
    file.color_space = video.color_space or ""
    audio = next((track for track in probe.audio if track.is_default), None)
    audio = audio or next(iter(probe.audio), None)
    file.audio_codec = audio.codec if audio else ""
    file.audio_profile = ((audio.profile if audio else None) or "")[:64]
    file.audio_channels = audio.channels if audio else None
    file.audio_languages = _distinct(track.language for track in probe.audio)


def _distinct(languages: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(language for language in languages if language))
