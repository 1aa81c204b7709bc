"""Rows of folders: the tree that the next scan walks.

A row is part of the tree while it has a parent (or is the root). One that is gone loses it, and is
kept for the files that were in it.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.db.upserts import insert, upsert
from apps.libraries.models import LibraryRoot, MediaFolder
from apps.libraries.scan.tree import KnownFolder
from apps.libraries.scan.walk import FolderListing

T = TypeVar("T")

_CHUNK: Final = 1000


def folders_known(root: LibraryRoot, below: str = "") -> Iterator[KnownFolder]:
    """The tree at and below a folder, a parent before its children."""
    columns = ("pk", "path", "mtime_ns", "signature", "companions", "videos")
    rows = _tree(root, below)
    found = rows.order_by("path").values_list(*columns).iterator(chunk_size=_CHUNK)
    return (KnownFolder(*row) for row in found)


def folders_count(root: LibraryRoot, below: str = "") -> int:
    """How many these are."""
    return _tree(root, below).count()


def _tree(root: LibraryRoot, below: str) -> QuerySet[MediaFolder]:
    rows = MediaFolder.objects.filter(Q(path="") | Q(parent__isnull=False), root=root)
    if below:
        rows = rows.filter(Q(path=below) | Q(path__startswith=f"{below}/"))
    return rows


def folders_ensure(root: LibraryRoot, paths: Iterable[str]) -> dict[str, MediaFolder]:
    """The rows of these folders and of those around them, made where there are none.

    A new row has no signature: whatever happens next, the next scan looks at its folder.
    """
    wanted = {*paths}
    for path in [*wanted]:
        wanted.update(_around(path))
    while True:
        try:
            return _ensure(root, sorted(wanted))
        except DuplicateError:
            continue  # a scan that is being stopped has made one in between


@transaction()
def _ensure(root: LibraryRoot, paths: Sequence[str]) -> dict[str, MediaFolder]:
    rows: dict[str, MediaFolder] = {}
    for chunk in in_chunks(paths):
        found = MediaFolder.objects.filter(root=root, path__in=chunk)
        rows |= {row.path: row for row in found}
    new, back = [], []
    for path in paths:
        row = rows.get(path)
        if row is None:
            row = rows[path] = MediaFolder(root=root, path=path)
            new.append(row)
        elif path and row.parent_id is None:
            back.append(row)
        row.parent_id = rows[path.rpartition("/")[0]].pk if path else None
    insert(new)
    MediaFolder.objects.bulk_update(back, ["parent"], batch_size=_CHUNK)
    return rows


def folders_in(rows: Iterable[MediaFolder]) -> dict[uuid.UUID, dict[str, uuid.UUID]]:
    """The known folders directly below each of these: path -> id."""
    below: dict[uuid.UUID, dict[str, uuid.UUID]] = {row.pk: {} for row in rows}
    found = MediaFolder.objects.filter(parent__in=below)
    for parent, path, pk in found.values_list("parent", "path", "pk").iterator():
        if parent is not None:
            below[parent][path] = pk
    return below


def folders_below(tops: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """These folders and all in the tree below them."""
    found = level = list(tops)
    while level:
        level = [
            pk
            for chunk in in_chunks(level)
            for pk in MediaFolder.objects.filter(parent__in=chunk).values_list("pk", flat=True)
        ]
        found = [*found, *level]
    return found


def folders_settle(listings: Mapping[MediaFolder, FolderListing]) -> None:
    """These folders are stored as they were listed: the next scan need not look at them, unless
    they are too young for that."""
    for row, listing in listings.items():
        row.signature = listing.signature
        row.mtime_ns = listing.trusted_mtime_ns
        row.companions = dict(listing.companions)
        row.videos = len(listing.videos)
    _store(listings)


def folders_unsettle(rows: Iterable[MediaFolder]) -> None:
    """Have the next scan look at these folders, even if they become as they once were."""
    ids = [row.pk for row in rows]
    settled = MediaFolder.objects.filter(pk__in=ids).exclude(signature="", mtime_ns=None)
    settled.update(signature="", mtime_ns=None, updated_at=timezone.now())


def folders_leave(ids: Sequence[uuid.UUID]) -> None:
    """Take folders that are gone out of the tree; one that comes back is looked at anew."""
    for chunk in in_chunks(ids):
        # Should one have come back this very moment, the folder around it is looked at again.
        MediaFolder.objects.filter(children__in=chunk).update(mtime_ns=None)
        MediaFolder.objects.filter(pk__in=chunk).update(parent=None, signature="", mtime_ns=None)


def is_settled(row: MediaFolder, listing: FolderListing) -> bool:
    """Whether the row, whose signature is the listing's, says all that the listing does."""
    return (row.mtime_ns, row.companions) == (listing.trusted_mtime_ns, listing.companions)


def _store(rows: Iterable[MediaFolder]) -> None:
    columns = ["signature", "mtime_ns", "companions", "videos", "updated_at"]
    upsert(rows, key=["id"], columns=columns)


def _around(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def in_chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as a statement may well name."""
    remaining = iter(items)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk
