"""What of a walk is news: listings compared with the rows that an earlier scan stored."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import Q

from apps.libraries.models import FileState, LibraryRoot, MediaFile, MediaFolder, ScanType
from apps.libraries.scan.grouping import holds_one_movie
from apps.libraries.scan.inspection import TRANSIENT_FAILURES
from apps.libraries.scan.walk import FileEntry, FolderListing

FILES_PER_PIECE = 64
# Parts of one film differ at the end of their names.
_PART_NUMBER = re.compile(r"[\W_]*(?:\d{1,2}|[a-d])[\])]?$", re.IGNORECASE)


@dataclass(frozen=True)
class FolderWork:
    """Some files of a folder that need a look; the last piece of a folder completes it.

    `known` holds the rows of its files by their paths, `changed` the entries to be read, `gone`
    the rows whose files are no longer in the folder.
    """

    listing: FolderListing
    entries: tuple[FileEntry, ...]
    changed: tuple[FileEntry, ...]
    known: dict[str, MediaFile]
    gone: tuple[MediaFile, ...]
    only_movie_in_folder: bool
    completes: bool


class Unreadable:
    """Places that could not be looked into: what lies there is not gone."""

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def add(self, path: str) -> None:
        self._paths.add(path)

    def covers(self, path: str) -> bool:
        if not self._paths:
            return False
        parents = ("" if parent == "." else parent for parent in map(str, _with_parents(path)))
        return not self._paths.isdisjoint(parents)


def changed_folders(
    *,
    root: LibraryRoot,
    listings: Sequence[FolderListing],
    scan_type: ScanType,
    unreadable: Unreadable,
) -> Iterator[FolderWork]:
    """The work that the folders make; an incremental scan passes by those that did not change."""
    paths = [listing.path for listing in listings]
    folders = {
        folder.path: folder for folder in MediaFolder.objects.filter(root=root, path__in=paths)
    }
    changed = [
        listing
        for listing in listings
        if scan_type != ScanType.INCREMENTAL
        or listing.path not in folders
        or folders[listing.path].signature != listing.signature
    ]
    if not changed:
        return
    # Also by path: a trailer's folder belongs to the film's once there is a film.
    videos = [entry.path for listing in changed for entry in listing.videos]
    rows = [folders[listing.path].pk for listing in changed if listing.path in folders]
    files = list(MediaFile.objects.filter(Q(path__in=videos) | Q(folder__in=rows), root=root))
    for listing in changed:
        folder = folders.get(listing.path)
        own = [file for file in files if folder is not None and file.folder_id == folder.pk]
        yield from _pieces(listing, {file.path: file for file in files}, own, scan_type, unreadable)


def _pieces(
    listing: FolderListing,
    files: dict[str, MediaFile],
    own: Sequence[MediaFile],
    scan_type: ScanType,
    unreadable: Unreadable,
) -> Iterator[FolderWork]:
    videos = listing.videos
    present = {entry.path for entry in videos}
    gone = tuple(
        file
        for file in own
        if file.path not in present
        and file.state != FileState.MISSING
        and not unreadable.covers(file.path)
    )
    alone = holds_one_movie(listing)
    start = 0
    while start < len(videos):
        end = _piece_end(videos, start)
        entries = tuple(videos[start:end])
        known = {entry.path: files[entry.path] for entry in entries if entry.path in files}
        yield FolderWork(
            listing=listing,
            entries=entries,
            changed=tuple(
                entry
                for entry in entries
                if scan_type == ScanType.FULL or _needs_reading(entry, known.get(entry.path), alone)
            ),
            known=known,
            gone=gone if end == len(videos) else (),
            only_movie_in_folder=alone,
            completes=end == len(videos),
        )
        start = end


def _piece_end(videos: Sequence[FileEntry], start: int) -> int:
    """Where a piece ends: not between the parts of a film, as far as that is bounded."""
    end = start + FILES_PER_PIECE
    latest = end + FILES_PER_PIECE
    while end < min(latest, len(videos)) and _trunk(videos[end - 1]) == _trunk(videos[end]):
        end += 1
    return min(end, len(videos))


def _trunk(entry: FileEntry) -> str:
    return _PART_NUMBER.sub("", PurePosixPath(entry.path).stem.casefold())


def _needs_reading(entry: FileEntry, file: MediaFile | None, alone: bool) -> bool:  # noqa: FBT001
    if file is None or file.failure in TRANSIENT_FAILURES:
        return True
    if (file.size, file.mtime_ns) != (entry.size, entry.mtime_ns):
        return True
    # The name means something else when the folder has become, or is no longer, the film's own.
    return file.name is not None and file.name.get("only_movie_in_folder") != alone


def _with_parents(path: str) -> list[PurePosixPath]:
    whole = PurePosixPath(path)
    return [whole, *whole.parents]
