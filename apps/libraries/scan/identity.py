"""Which known file it is that lies at a place: one that was renamed or moved stays what it is.

A file is known by its content. A row moves to where its content is found when its own place holds
it no longer; where that still does, the other is a copy or a hard link, and has a row of its own.
"""

import os
import stat
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Final

from django.db import connection
from django.utils import timezone

from apps.libraries import roots
from apps.libraries.models import FileState, LibraryRoot, MediaFile
from apps.libraries.scan.discs import DiscError
from apps.libraries.scan.fingerprint import fingerprint
from apps.libraries.scan.probe_types import VERSION
from apps.libraries.scan.walk import FileEntry

_MOST: Final = 500
"""Of files of one size so many are looked at: there may be thousands of copies of one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that a file of the same size may be."""

    pk: uuid.UUID
    root_id: uuid.UUID
    path: str
    size: int
    mtime_ns: int
    inode: Decimal
    fingerprint: str
    is_missing: bool
    is_read: bool
    """Whether what the present probe tells of its content is known."""


Candidates = Mapping[int, Sequence[Candidate]]
"""By size."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was looked at, with what it may be. `known` is the row of its place."""

    entry: FileEntry
    fingerprint: str
    known: MediaFile | None
    candidates: Sequence[Candidate]

    @property
    def is_still_there(self) -> bool:
        """Whether its content is the one that the row of its place had, or nothing is known."""
        known = self.known.fingerprint if self.known else None
        return not self.fingerprint or self.fingerprint == known

    @property
    def equals(self) -> list[Candidate]:
        return [one for one in self.candidates if one.fingerprint == self.fingerprint != ""]


@dataclass(frozen=True, slots=True)
class Traced:
    """By path the rows that have moved there, still as they were; by fingerprint one whose probe
    tells of the same content."""

    moved: Mapping[str, MediaFile] = field(default_factory=dict)
    twins: Mapping[str, MediaFile] = field(default_factory=dict)


class ContestedError(Exception):
    """Another scan has moved a row since it was looked at."""


def candidates(entries: Iterable[FileEntry]) -> Candidates:
    """The rows that these files may be."""
    entries = [entry for entry in entries if entry.size]
    found: dict[int, list[Candidate]] = {}
    if not entries:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, root_id, path, size, mtime_ns, inode, fingerprint,
                   state = 'missing', probe IS NOT NULL AND probe_version = %s
            FROM unnest(%s::bigint[]) AS wanted (bytes)
            CROSS JOIN LATERAL (
                SELECT * FROM libraries_mediafile
                WHERE size = wanted.bytes AND fingerprint <> ''
                ORDER BY (inode = ANY(%s::numeric[])) DESC, (state = 'missing') DESC
                LIMIT %s
            ) AS file
            """,
            [
                VERSION,
                sorted({entry.size for entry in entries}),
                [entry.inode for entry in entries],
                _MOST,
            ],
        )
        for row in cursor.fetchall():
            found.setdefault(row[3], []).append(Candidate(*row))
    return found


def known_contents(entry: FileEntry, found: Candidates) -> frozenset[str]:
    """Fingerprints of which everything is known: a file that has one need not be read."""
    return frozenset(one.fingerprint for one in found.get(entry.size, ()) if one.is_read)


class Tracer:
    """Follows files during one scan of a root: a row goes to one place only."""

    def __init__(self) -> None:
        self._taken: set[uuid.UUID] = set()

    def is_elsewhere(self, file: MediaFile) -> bool:
        """Whether the row was found at another place since it was read."""
        return file.pk in self._taken

    def trace(self, found: Sequence[Found]) -> Traced:
        """Which rows have moved to these files, all of one batch."""
        places = _Places()
        pairs = [
            (_unlikeness(one.entry, candidate), one.entry.path, candidate.pk, candidate)
            for one in found
            if not one.is_still_there
            for candidate in one.equals
            if candidate.pk not in self._taken and places.have_lost(candidate, one.entry)
        ]
        rows: dict[str, Candidate] = {}
        for _rank, path, pk, candidate in sorted(pairs, key=lambda pair: pair[:3]):
            if path not in rows and pk not in self._taken:
                rows[path] = candidate
                self._taken.add(pk)
        twins = {c.fingerprint: c.pk for one in found for c in one.equals if c.is_read}
        files = MediaFile.objects.in_bulk({*(c.pk for c in rows.values()), *twins.values()})
        return Traced(
            # One that another scan has found meanwhile is that one's.
            {path: files[c.pk] for path, c in rows.items() if _is_at_rest(files.get(c.pk), c)},
            {
                content: files[pk]
                for content, pk in twins.items()
                if pk in files and files[pk].fingerprint == content
            },
        )


def _is_at_rest(file: MediaFile | None, candidate: Candidate) -> bool:
    return file is not None and (file.root_id, file.path) == (candidate.root_id, candidate.path)


class _Places:
    """What lies at this moment where rows say."""

    def __init__(self) -> None:
        self._roots: dict[uuid.UUID, LibraryRoot] = {}
        self._reachable: dict[uuid.UUID, bool] = {}
        self._lost: dict[uuid.UUID, bool] = {}

    def have_lost(self, candidate: Candidate, entry: FileEntry) -> bool:
        """Whether a row's own place no longer holds its content, which was found at `entry`."""
        if candidate.pk not in self._lost:
            self._lost[candidate.pk] = self._has_lost(candidate)
        return self._lost[candidate.pk] or self._is_written_otherwise(candidate, entry)

    def _has_lost(self, candidate: Candidate) -> bool:
        root = self._root(candidate)
        if root.removed_at is not None:
            return True  # it is no library's any more
        if not self._reachable[root.pk]:
            return candidate.is_missing  # it had gone before the disk went
        path = f"{root.path}/{candidate.path}"
        return _is_behind_link(root.path, candidate.path) or not _holds(path, candidate)

    def _root(self, candidate: Candidate) -> LibraryRoot:
        if candidate.root_id not in self._roots:
            root = LibraryRoot.objects.get(pk=candidate.root_id)
            self._roots[root.pk] = root
            self._reachable[root.pk] = roots.root_problem(root) is None
        return self._roots[candidate.root_id]

    def _is_written_otherwise(self, candidate: Candidate, entry: FileEntry) -> bool:
        """Whether both are one name in a folder that does not tell A from a."""
        if _folded(candidate.path) != _folded(entry.path):
            return False
        if candidate.inode and entry.inode and candidate.inode != entry.inode:
            return False
        path = Path(self._root(candidate).path) / candidate.path
        try:
            return path not in path.parent.iterdir()
        except OSError:
            return False


def _is_behind_link(root: str, path: str) -> bool:
    """Whether a folder has become a link to where its files are now: no scan follows it."""
    return os.path.realpath(f"{root}/{path}") != f"{os.path.realpath(root)}/{path}"


def _holds(path: str, candidate: Candidate) -> bool:
    try:
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode):
            if status.st_size != candidate.size:
                return False
            is_same_inode = status.st_ino == int(candidate.inode)
            if is_same_inode and status.st_mtime_ns == candidate.mtime_ns:
                return True
        elif not stat.S_ISDIR(status.st_mode):
            return False
        return fingerprint(path) == candidate.fingerprint
    except (FileNotFoundError, NotADirectoryError, DiscError):
        return False
    except OSError:
        return True  # it cannot be looked at, and that says nothing


def _unlikeness(entry: FileEntry, candidate: Candidate) -> tuple[bool, ...]:
    """Of several rows with one content the least unlike is the file: a renamed file keeps its
    inode, a moved one its name, and mostly its time."""
    was, now = PurePosixPath(candidate.path), PurePosixPath(entry.path)
    is_old = candidate.mtime_ns == entry.mtime_ns
    return (
        not (is_old and candidate.inode == entry.inode),
        was.name != now.name,
        was.parent != now.parent,
        not is_old,
        candidate.is_missing,
    )


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


Place = tuple[uuid.UUID, str]
"""A root's id and a path below it."""


def places_claim(
    *, known: Mapping[uuid.UUID, Place], wanted: Mapping[Place, uuid.UUID]
) -> list[uuid.UUID]:
    """Make room before rows are written: lock those that are there (`known`: where each was read),
    and empty the places that they and new ones are to have (`wanted`).

    Answers whom that has displaced: they are missing until they are found somewhere else.
    Inside a transaction. Raises ContestedError when a row is no longer where it was.
    """
    rows = MediaFile.objects.filter(pk__in=known).order_by("pk").select_for_update(no_key=True)
    now_at = {pk: (root_id, path) for pk, root_id, path in rows.values_list("pk", "root", "path")}
    if now_at != known:
        raise ContestedError
    root_ids = {root_id for root_id, _path in wanted}
    there = MediaFile.objects.filter(root__in=root_ids, path__in=[path for _root, path in wanted])
    displaced = [
        pk
        for pk, root_id, path in there.exclude(state=FileState.MISSING).values_list(
            "pk", "root", "path"
        )
        if wanted.get((root_id, path), pk) != pk
    ]
    owners = {pk: place for place, pk in wanted.items()}
    leaving = [pk for pk, place in known.items() if owners.get(pk, place) != place]
    if displaced or leaving:
        now = timezone.now()
        MediaFile.objects.filter(pk__in=[*displaced, *leaving]).update(
            state=FileState.MISSING, missing_since=now, updated_at=now
        )
    return [pk for pk in displaced if pk not in owners]
