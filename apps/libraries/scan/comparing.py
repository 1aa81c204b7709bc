"""What of a walk is news: listings compared with the rows that an earlier scan stored."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from django.db.models import Q

from apps.libraries.models import FileState, LibraryRoot, MediaFile, MediaFolder, ScanType
from apps.libraries.scan.grouping import holds_one_movie
from apps.libraries.scan.inspection import TRANSIENT_FAILURES
from apps.libraries.scan.probe_types import VERSION
from apps.libraries.scan.tree import Subtrees
from apps.libraries.scan.walk import FileEntry, FolderListing

FILES_PER_PIECE = 64
_COMPARED = (
    "root", "folder", "path", "size", "mtime_ns", "inode", "state", "failure", "probe_version",
    "name", "updated_at",
)  # fmt: skip
# Parts of one film differ at the end of their names.
_PART_NUMBER = re.compile(r"[\W_]*(?:\d{1,2}|[a-d])[\])]?$", re.IGNORECASE)


@dataclass(frozen=True)
class FolderWork:
    """Some files of a folder that need a look; the last piece of a folder completes it.

    `known` holds the rows of its files by their paths, `changed` the entries to be read, `gone`
    the rows whose files are no longer in the folder. Of rows no more than what was compared is
    loaded, since a folder may have 100,000, until `with_whole_rows`.
    """

    folder: MediaFolder
    listing: FolderListing
    entries: tuple[FileEntry, ...]
    changed: tuple[FileEntry, ...]
    known: dict[str, MediaFile]
    gone: tuple[MediaFile, ...]
    only_movie_in_folder: bool
    completes: bool


def with_whole_rows(works: Sequence[FolderWork]) -> list[FolderWork]:
    """The same work with all that its known rows say."""
    whole = MediaFile.objects.in_bulk([file.pk for work in works for file in work.known.values()])

    def row_of(file: MediaFile) -> MediaFile:
        """A row that has moved since is shown at its old place: who stores it is to notice."""
        row = whole.get(file.pk, file)
        is_there = (row.root_id, row.path) == (file.root_id, file.path)
        return row if is_there else file

    return [
        replace(work, known={path: row_of(file) for path, file in work.known.items()})
        for work in works
    ]


def changed_folders(
    *,
    root: LibraryRoot,
    listings: Mapping[MediaFolder, FolderListing],
    scan_type: ScanType,
    unreadable: Subtrees,
) -> Iterator[FolderWork]:
    """The work that the folders make; an incremental scan passes by those that did not change."""
    changed = {
        folder: listing
        for folder, listing in listings.items()
        if scan_type != ScanType.INCREMENTAL or folder.signature != listing.signature
    }
    if not changed:
        return
    files = _files(root, changed)
    by_path = {file.path: file for file in files}
    for folder, listing in changed.items():
        own = [file for file in files if file.folder_id == folder.pk]
        if scan_type == ScanType.METADATA:
            yield from _pieces(folder, _as_known(listing, by_path), by_path, (), scan_type)
            continue
        present = {entry.path for entry in listing.files}
        gone = tuple(
            file
            for file in own
            if file.path not in present
            and file.state != FileState.MISSING
            and not unreadable.covers(file.path)
        )
        yield from _pieces(folder, listing, by_path, gone, scan_type)


def _files(root: LibraryRoot, listings: Mapping[MediaFolder, FolderListing]) -> list[MediaFile]:
    """The rows of the folders, and those of their files that another folder has had: a trailer's
    folder belongs to the film's once there is a film. Of rows with one path the best is last."""
    videos = [entry.path for listing in listings.values() for entry in listing.videos]
    # Apart from each other: each half has an index of its own.
    elsewhere = Q(path__in=videos) & ~Q(state=FileState.MISSING)
    found = MediaFile.objects.filter(Q(folder__in=[*listings]) | elsewhere, root=root)
    return sorted(
        found.only(*_COMPARED),
        key=lambda file: (file.state != FileState.MISSING, file.updated_at),
    )


def _as_known(listing: FolderListing, files: Mapping[str, MediaFile]) -> FolderListing:
    """The listing without films that a scan has not stored as they are now."""

    def is_known(entry: FileEntry) -> bool:
        file = files.get(entry.path)
        return file is not None and file.state != FileState.MISSING and _is_same(entry, file)

    new = {entry for entry in listing.videos if not is_known(entry)}
    return replace(listing, files=tuple(file for file in listing.files if file not in new))


def _pieces(
    folder: MediaFolder,
    listing: FolderListing,
    files: Mapping[str, MediaFile],
    gone: tuple[MediaFile, ...],
    scan_type: ScanType,
) -> Iterator[FolderWork]:
    videos = listing.videos
    alone = holds_one_movie(listing)
    start = 0
    while True:
        end = _piece_end(videos, start)
        entries = tuple(videos[start:end])
        known = {entry.path: files[entry.path] for entry in entries if entry.path in files}
        changed = (
            entry
            for entry in entries
            if _needs_reading(entry, known.get(entry.path), alone, scan_type)
        )
        yield FolderWork(
            folder=folder,
            listing=listing,
            entries=entries,
            changed=() if scan_type == ScanType.METADATA else tuple(changed),
            known=known,
            gone=gone if end == len(videos) else (),
            only_movie_in_folder=alone,
            completes=end == len(videos),
        )
        start = end
        if end == len(videos):
            return


def _piece_end(videos: Sequence[FileEntry], start: int) -> int:
    """Where a piece ends: not between the parts of a film, as far as that is bounded."""
    end = start + FILES_PER_PIECE
    latest = end + FILES_PER_PIECE
    while end < min(latest, len(videos)) and _trunk(videos[end - 1]) == _trunk(videos[end]):
        end += 1
    return min(end, len(videos))


def _trunk(entry: FileEntry) -> str:
    return _PART_NUMBER.sub("", PurePosixPath(entry.path).stem.casefold())


def _needs_reading(
    entry: FileEntry,
    file: MediaFile | None,
    alone: bool,  # noqa: FBT001
    scan_type: ScanType,
) -> bool:
    if file is None or file.failure in TRANSIENT_FAILURES or not _is_same(entry, file):
        return True
    if scan_type == ScanType.FULL and (file.failure or file.probe_version < VERSION):
        return True
    # The name means something else when the folder has become, or is no longer, the film's own.
    return file.name is not None and file.name.get("only_movie_in_folder") != alone


def _is_same(entry: FileEntry, file: MediaFile) -> bool:
    """By the inode two are told apart that have changed names, with one size and time. A number
    that has changed for another reason, as on a new disk, costs a fingerprint, once."""
    has_known_inode = not entry.inode or not file.inode or entry.inode == file.inode
    return has_known_inode and (file.size, file.mtime_ns) == (entry.size, entry.mtime_ns)
