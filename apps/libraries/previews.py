"""What a change of a library's folders would do, said before it is done."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count

from apps.libraries import folders
from apps.libraries.folders import Found
from apps.libraries.models import FileState, Library, MediaFile
from apps.libraries.works import Leaving, works_of


@dataclass(frozen=True, slots=True)
class FolderLeaving:
    path: str
    files: int


@dataclass(frozen=True, slots=True)
class FolderComing:
    path: Path
    found: Found


@dataclass(frozen=True, slots=True)
class RootsPreview:
    leaving: tuple[FolderLeaving, ...]
    coming: tuple[FolderComing, ...]
    films: Leaving
    """Of the folders that leave: those that lie in no other."""


def roots_preview(*, library: Library, roots: Collection[str]) -> RootsPreview:
    """If the library had these roots, of which each was checked by `paths.media_folder`."""
    present = dict(library.roots.in_use().values_list("path", "pk"))
    leaving = {path: pk for path, pk in present.items() if path not in roots}
    files = _files_of(leaving.values())
    coming = [Path(path) for path in sorted(set(roots) - present.keys())]
    patience = folders.PATIENCE_SECONDS / max(1, len(coming))
    return RootsPreview(
        leaving=tuple(FolderLeaving(path, files.get(pk, 0)) for path, pk in leaving.items()),
        coming=tuple(FolderComing(path, folders.count_videos(path, patience)) for path in coming),
        films=works_of(library).leaving(list(leaving.values())),
    )


def library_leaving(library: Library) -> Leaving:
    """What would no longer be shown without this library."""
    return works_of(library).leaving(list(library.roots.in_use().values_list("pk", flat=True)))


def _files_of(root_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    present = MediaFile.objects.filter(root__in=root_ids).exclude(state=FileState.MISSING)
    return dict(present.order_by().values_list("root").annotate(Count("pk")))
