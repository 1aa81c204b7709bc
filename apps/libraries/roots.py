"""The folders of libraries: taken out and put back, known again, and away."""

import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError
from apps.libraries import markers, paths
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile, MediaFolder
from apps.libraries.reasons import RootProblem, RootReason
from apps.users.models import User

MOST_FOLDERS: Final = 100
"""Of one library."""
_AVAILABILITY = ("is_available", "problem", "problem_detail", "unavailable_since")


def folders_checked(library: Library, wanted: Iterable[str]) -> list[str]:
    """The real paths of folders that may be the library's. One that is already stays, be it away or
    not: a disk that is not mounted is no reason to take its films out.

    Raises InvalidInputError, at `paths`, as `paths.media_folder` does.
    """
    chosen = set(wanted)
    if len(chosen) > MOST_FOLDERS:
        message = _("A library has at most %(most)d folders.") % {"most": MOST_FOLDERS}
        raise InvalidInputError(message, {"paths": [message]})
    kept = chosen.intersection(library.roots.in_use().values_list("path", flat=True))
    try:
        return sorted(kept | {str(paths.media_folder(text)) for text in chosen - kept})
    except InvalidInputError as error:
        raise InvalidInputError(error.message, {"paths": [error.message]}) from error


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
    # What went while they were no library's was to go.
    LibraryRoot.objects.filter(pk__in=[root.pk for root in roots]).update(
        removed_at=None, losses_count_from=now, updated_at=now
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


def root_problem(root: LibraryRoot) -> RootReason | None:
    """Why a root cannot be scanned; None when all is well. A disk that is not mounted leaves an
    empty folder, or another disk's."""
    try:
        is_empty = next(Path(root.path).iterdir(), None) is None
        found = markers.read(Path(root.path))
    except OSError as error:
        return RootReason(RootProblem.UNREADABLE, error.strerror or str(error))
    files = MediaFile.objects.filter(root=root).exclude(state=FileState.MISSING)
    if is_empty and (root.marker or files.exists()):
        return RootReason(RootProblem.EMPTY)
    if root.marker and found is None:
        return RootReason(RootProblem.UNMARKED)
    if (root.marker and found != root.marker) or (found and _is_of_another(root, found)):
        return RootReason(RootProblem.FOREIGN)
    return None


def _is_of_another(root: LibraryRoot, marker: str) -> bool:
    others = LibraryRoot.objects.in_use().exclude(pk=root.pk)
    return others.filter(marker=marker).exists()


@transaction()
def root_mark(root: LibraryRoot, reason: RootReason | None) -> None:
    """Note whether a root can be scanned. While it cannot, the retention of its missing files
    does not run."""
    code, detail = (reason.problem, reason.detail[:500]) if reason else ("", "")
    now = timezone.now()
    is_same = (root.problem, root.problem_detail) == (code, detail)
    if root.is_available == (reason is None) and is_same:
        return
    if reason is None and root.unavailable_since is not None:
        since = root.unavailable_since
        missing = MediaFile.objects.filter(root=root, state=FileState.MISSING)
        missing.filter(missing_since__lt=since).update(
            missing_since=F("missing_since") + (now - since)
        )
        roots = LibraryRoot.objects.filter(pk=root.pk, losses_count_from__lt=since)
        roots.update(losses_count_from=F("losses_count_from") + (now - since))
    root.is_available, root.problem, root.problem_detail = reason is None, code, detail
    root.unavailable_since = (root.unavailable_since or now) if reason else None
    root.save(update_fields=[*_AVAILABILITY, "updated_at"])


def marker_ensure(root: LibraryRoot) -> None:
    """Have a root that holds films be known again: by the marker that lies there, or a new one.
    A folder that cannot be written to gets none."""
    if root.marker or not root.files.exclude(state=FileState.MISSING).exists():
        return
    with suppress(OSError):
        folder = Path(root.path)
        root.marker = markers.read(folder) or markers.write(folder)
        root.save(update_fields=["marker", "updated_at"])


@transaction()
def root_accept(*, root: LibraryRoot, actor: User | None) -> None:
    """A person says that the folder is the right one, whatever its marker says.

    Raises ConflictError when it cannot be read or is out of use.
    """
    root.refresh_from_db(from_queryset=LibraryRoot.objects.select_for_update(no_key=True))
    if root.removed_at is not None:
        raise ConflictError(_("The folder is no longer part of a library."))
    try:
        next(Path(root.path).iterdir(), None)
    except OSError as error:
        reason = error.strerror or str(error)
        text = _("The folder cannot be read: %(reason)s.") % {"reason": reason}
        raise ConflictError(text) from None
    before = root.marker
    root.marker = ""
    with suppress(OSError):
        root.marker = markers.write(Path(root.path))
    root.save(update_fields=["marker", "updated_at"])
    root_mark(root, root_problem(root))
    activity.record(
        Action.LIBRARY_ROOT_ACCEPT,
        actor=actor,
        resource=root.library,
        changes={"marker": (before, root.marker)},
        metadata={"path": root.path},
    )
