"""Rows of folders, files and side files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.core.db.upserts import upsert
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile, MediaFolder, SideFile
from apps.libraries.scan.inspection import TRANSIENT_FAILURES, Inspection
from apps.libraries.scan.probe_types import PROBE_VERSION, MediaProbe
from apps.libraries.scan.side_storing import (
    by_file,
    side_files,
    side_files_store,
    subtitle_languages,
)
from apps.libraries.scan.walk import FileEntry, FolderListing, printable

_COLUMNS = [
    "folder", "library", "size", "mtime_ns", "inode", "state", "failure", "failure_message",
    "missing_since", "probed_at", "probe_version", "probe", "name", "container",
    "duration_seconds", "bit_rate", "width", "height", "frame_rate", "video_codec",
    "dynamic_range", "color_space", "audio_codec", "audio_channels", "audio_languages",
    "subtitle_languages", "updated_at",
]  # fmt: skip


@dataclass(frozen=True)
class PreparedFiles:
    """Files as they will be stored; `unchanged` ones need no writing."""

    added: tuple[MediaFile, ...]
    updated: tuple[MediaFile, ...]
    unchanged: tuple[MediaFile, ...]

    @property
    def all(self) -> list[MediaFile]:
        """In the order of their paths."""
        return sorted((*self.added, *self.updated, *self.unchanged), key=lambda file: file.path)

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
) -> PreparedFiles:
    """Turn what was read into rows, without touching the database."""
    now = timezone.now()
    added, updated, unchanged = [], [], []
    for entry in entries:
        file = known.get(entry.path)
        inspection = inspected.get(entry.path)
        if file is None:
            file = MediaFile(library=library, root=root, path=entry.path)
            added.append(file)
        elif inspection is not None or file.state == FileState.MISSING:
            updated.append(file)
        else:
            unchanged.append(file)
            continue
        _fill(file, entry, inspection, now)
    return PreparedFiles(tuple(added), tuple(updated), tuple(unchanged))


@dataclass(frozen=True)
class FolderFiles:
    """A folder, or a piece of one, with its files."""

    folder: MediaFolder
    listing: FolderListing
    files: PreparedFiles


def folders_store(folders: Sequence[FolderFiles]) -> None:
    """Write a batch: files, side files."""
    sides = [row for one in folders for row in side_files(one.listing, one.files.usable)]
    beside = by_file(sides)
    written: list[MediaFile] = []
    for one in folders:
        for file in (*one.files.added, *one.files.updated):
            _place(file, one.folder, beside.get(file.pk, ()))
            written.append(file)
        written.extend(
            file
            for file in one.files.unchanged
            if _place(file, one.folder, beside.get(file.pk, ()))
        )
    upsert(written, key=["id"], columns=_COLUMNS)
    side_files_store([file for one in folders for file in one.files.usable], sides)


def _place(file: MediaFile, folder: MediaFolder, beside: Sequence[SideFile]) -> bool:
    """Fill in what a file has from the folder around it; answers whether that is new."""
    before = (file.folder_id, file.subtitle_languages)
    file.folder = folder
    if file.state == FileState.AVAILABLE:
        file.subtitle_languages = subtitle_languages(file, beside)
    return before != (folder.pk, file.subtitle_languages)


def _fill(file: MediaFile, entry: FileEntry, inspection: Inspection | None, now: datetime) -> None:
    file.size, file.mtime_ns, file.inode = entry.size, entry.mtime_ns, entry.inode
    file.missing_since = None
    if inspection is None:  # back, and the same as before
        file.state = FileState.BROKEN if file.failure else FileState.AVAILABLE
        return
    file.probed_at, file.probe_version = now, PROBE_VERSION
    file.failure = inspection.failure or ""
    file.failure_message = printable(inspection.message)[:500]
    file.name, file.probe = inspection.name, inspection.probe
    if inspection.probe is None:
        file.state = FileState.BROKEN
        return
    file.state = FileState.AVAILABLE
    _fill_columns(file, MediaProbe.from_json(inspection.probe))


def _fill_columns(file: MediaFile, probe: MediaProbe) -> None:
    file.container = probe.container
    file.duration_seconds = probe.duration
    file.bit_rate = probe.bitrate
    video = next((track for track in probe.video if track.is_default), probe.video[0])
    file.width, file.height, file.frame_rate = video.width, video.height, video.frame_rate
    file.video_codec, file.dynamic_range = video.codec, video.hdr
    file.color_space = video.color_space or ""
    audio = next((track for track in probe.audio if track.is_default), None)
    audio = audio or next(iter(probe.audio), None)
    file.audio_codec = audio.codec if audio else ""
    file.audio_channels = audio.channels if audio else None
    file.audio_languages = _distinct(track.language for track in probe.audio)


def _distinct(languages: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(language for language in languages if language))
