"""When much is gone at once: nothing is marked missing before a person has said that it is so.

What is asked about is kept in the rows: files with a `missing_since` that are not missing yet.
"""

import os
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, Self

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError
from apps.libraries import catalogue, roots
from apps.libraries.models import FileState, LibraryRoot, MediaFile
from apps.libraries.statistics import statistics_changed
from apps.siteconfig.declared import LOSS_FILES, LOSS_PERCENT
from apps.users.models import User

_EXAMPLES: Final = 20
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """So many of a root's files are gone at once; `examples` are paths below it."""

    gone: int
    before: int
    examples: tuple[str, ...]
    found_at: datetime

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """From `LibraryRoot.loss`."""
        found_at = datetime.fromisoformat(stored["found_at"])
        return cls(stored["gone"], stored["before"], tuple(stored["examples"]), found_at)

    def to_json(self) -> dict[str, Any]:
        return {
            "gone": self.gone,
            "before": self.before,
            "examples": list(self.examples),
            "found_at": self.found_at.isoformat(),
        }

    @property
    def problem(self) -> str:
        return (
            f"{self.gone} of {self.before} files are gone at once; they are kept as unavailable "
            "until the folder is back, or somebody says in the console that they are gone"
        )


def departures_judge(
    root: LibraryRoot, gone: Collection[uuid.UUID], *, scan_began: datetime
) -> tuple[list[uuid.UUID], str | None]:
    """Which files may be marked missing of those that a scan, be it of one folder, has found gone;
    none, with the reason, when a person has to be asked."""
    asked: set[uuid.UUID] = set()
    if root.loss is not None:  # else there is nothing to look for among all its files
        _found_again(root)
        asked.update(_asked(root).values_list("pk", flat=True))
    together = asked.union(gone)
    loss = _loss(root, together, scan_began)
    if loss is None:
        if root.loss is not None:
            _withdraw(root)
        return sorted(together), None
    _ask(root, loss, together - asked)
    return [], loss.problem


def _loss(root: LibraryRoot, gone: Collection[uuid.UUID], scan_began: datetime) -> Loss | None:
    if not gone:
        return None
    known = MediaFile.objects.filter(root=root).exclude(state=FileState.MISSING)
    left = known.count() - len(gone)
    before = known.filter(created_at__lt=scan_began).count()
    enough = before * (100 - LOSS_PERCENT.get()) / 100
    if left and (len(gone) < LOSS_FILES.get() or left >= enough):
        return None
    some = known.filter(pk__in=list(islice(sorted(gone), _CHUNK))).order_by("path")
    examples = tuple(some.values_list("path", flat=True)[:_EXAMPLES])
    return Loss(len(gone), before, examples, timezone.now())


@transaction()
def _ask(root: LibraryRoot, loss: Loss, new: Collection[uuid.UUID]) -> None:
    is_first = root.loss is None
    for chunk in _chunks(sorted(new)):
        MediaFile.objects.filter(pk__in=chunk).update(missing_since=loss.found_at)
    root.loss = loss.to_json()
    root.save(update_fields=["loss", "updated_at"])
    if is_first:
        about = {"path": root.path, "gone": loss.gone, "before": loss.before}
        activity.record(Action.LIBRARY_LOSS, actor=None, resource=root.library, metadata=about)


@transaction()
def _withdraw(root: LibraryRoot) -> None:
    root.loss = None
    root.save(update_fields=["loss", "updated_at"])


def _asked(root: LibraryRoot) -> QuerySet[MediaFile]:
    return MediaFile.objects.filter(root=root, missing_since__isnull=False).exclude(
        state=FileState.MISSING
    )


def _found_again(root: LibraryRoot) -> None:
    """Ask no more about files that lie where they lay."""
    rows = _asked(root).values_list("pk", "path").iterator()
    back = (pk for pk, path in rows if os.path.lexists(f"{root.path}/{path}"))
    for chunk in _chunks(list(back)):
        MediaFile.objects.filter(pk__in=chunk).update(missing_since=None)


@transaction()
def loss_accept(*, root: LibraryRoot, actor: User | None) -> int:
    """The files that it was asked about are gone: they become missing. Answers how many.

    Raises ConflictError when nothing is asked any more.
    """
    root.refresh_from_db(from_queryset=LibraryRoot.objects.select_for_update(no_key=True))
    if root.loss is None:
        raise ConflictError(_("The files have been found again, or somebody has already answered."))
    _found_again(root)  # the disk may be back, and no scan has been since
    ids = sorted(_asked(root).values_list("pk", flat=True))
    for chunk in _chunks(ids):
        files_mark_missing(root, chunk)
    # Its folders' times are the same when the disk comes back after all.
    roots.look_again([root.pk])
    root.loss = None
    root.save(update_fields=["loss", "updated_at"])
    roots.root_mark(root, roots.root_problem(root))
    statistics_changed(root.library_id)
    about = {"path": root.path, "gone": len(ids)}
    activity.record(Action.LIBRARY_LOSS_ACCEPT, actor=actor, resource=root.library, metadata=about)
    return len(ids)


@transaction()
def files_mark_missing(root: LibraryRoot, ids: Collection[uuid.UUID]) -> None:
    """Files of the root; one that the scan of another library has just found there is let be."""
    now = timezone.now()
    MediaFile.objects.filter(pk__in=ids, root=root).exclude(state=FileState.MISSING).update(
        state=FileState.MISSING, missing_since=now, updated_at=now
    )
    catalogue.catalogue_of(root.library).files_changed(file_ids=ids)


def _chunks(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
