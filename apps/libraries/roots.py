"""The folders of libraries: taken out, and put back with all that their rows still hold."""

import uuid
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile, MediaFolder


def root_remove(roots: Collection[LibraryRoot], *, at: datetime) -> None:
    """Take roots out of their libraries: their files are missing from now on, and stay known
    until their retention ends. Inside a transaction."""
    ids = sorted(root.pk for root in roots)
    # First of all, so that a scan that stores at this moment does so before or not at all.
    LibraryRoot.objects.filter(pk__in=ids).update(removed_at=at, loss=None, updated_at=at)
    present = MediaFile.objects.filter(root__in=ids).exclude(state=FileState.MISSING)
    present.update(state=FileState.MISSING, missing_since=at, updated_at=at)
    look_again(ids)


def root_restore(roots: Collection[LibraryRoot]) -> None:
    """Put roots back; the next scan finds their files as they were. Inside a transaction.

    The unique constraint refuses a path that another root has taken: look before.
    """
    now = timezone.now()
    LibraryRoot.objects.filter(pk__in=[root.pk for root in roots]).update(
        removed_at=None, updated_at=now
    )


class RootRemovedError(Exception):
    """The root was taken out of its library while it was scanned."""


def root_hold(root: LibraryRoot) -> None:
    """Until the transaction ends nobody removes the root. Raises RootRemovedError when somebody
    has."""
    rows = LibraryRoot.objects.in_use().select_for_update(no_key=True)
    if rows.filter(pk=root.pk).first() is None:
        raise RootRemovedError(root.path)


def look_again(root_ids: Collection[uuid.UUID]) -> None:
    """Have the next scan trust nothing that it knows of these roots' folders."""
    MediaFolder.objects.filter(root__in=root_ids).exclude(signature="").update(signature="")


def in_use_by_others(library: Library) -> dict[str, str]:
    """The folders of the other libraries, and each one's name."""
    others = LibraryRoot.objects.in_use().exclude(library=library)
    return dict(others.values_list("path", "library__name"))


def root_problem(root: LibraryRoot) -> str | None:
    """Why a root cannot be scanned: a disk that is not mounted leaves an empty folder."""
    path = Path(root.path)
    try:
        first = next(path.iterdir(), None)
    except OSError as error:
        return f"The folder cannot be read: {error.strerror or error}"
    has_files = MediaFile.objects.filter(root=root).exclude(state=FileState.MISSING).exists()
    if first is None and has_files:
        return "The folder is empty, though it held films: its disk may not be mounted"
    return None


def root_mark(root: LibraryRoot, problem: str | None) -> None:
    if root.is_available == (problem is None) and root.problem == (problem or ""):
        return
    root.is_available, root.problem = problem is None, (problem or "")[:500]
    root.save(update_fields=["is_available", "problem", "updated_at"])
