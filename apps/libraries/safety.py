"""When much is gone at once: nothing is marked missing before a person has said that it is so.

At once is within some hours, so that a disk that loses one folder after the other is noticed too:
what a root holds is compared with the most that it held in that time, so that what was replaced
counts as nothing. Counting begins anew with each answer of a person.

What is asked about is kept in the rows: files with a `missing_since` that are not missing yet.
"""

import os
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Self

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError
from apps.libraries import catalogue, roots
from apps.libraries.models import FileState, LibraryRoot, MediaFile, ScanStatus
from apps.libraries.reasons import RootProblem, RootReason
from apps.libraries.statistics import statistics_changed
from apps.siteconfig.declared import LOSS_FILES, LOSS_HOURS, LOSS_PERCENT
from apps.users.models import User

_EXAMPLES: Final = 20
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """So many fewer files a root has than `before`. It is asked about `asked` of them, of which
    `examples` are paths; the others were marked in the `hours` before, 0 when there are none."""

    gone: int
    before: int
    examples: tuple[str, ...]
    found_at: datetime
    asked: int
    hours: int

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """From `LibraryRoot.loss`."""
        gone = stored["gone"]
        return cls(
            gone=gone,
            before=stored["before"],
            examples=tuple(stored["examples"]),
            found_at=datetime.fromisoformat(stored["found_at"]),
            asked=stored.get("asked", gone),
            hours=stored.get("hours", 0),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "gone": self.gone,
            "before": self.before,
            "examples": list(self.examples),
            "found_at": self.found_at.isoformat(),
            "asked": self.asked,
            "hours": self.hours,
        }

    @property
    def reason(self) -> RootReason:
        return RootReason(RootProblem.LOSS, f"{self.gone} / {self.before}")


def departures_judge(
    root: LibraryRoot,
    gone: Collection[uuid.UUID],
    *,
    scan_began: datetime,
    hold: Callable[[], None],
) -> tuple[list[uuid.UUID], RootReason | None]:
    """Which files may be marked missing of those that a scan, be it of one folder, has found gone;
    none, with the reason, when a person has to be asked. `hold` raises in the transaction that
    asks when the scan is no longer the caller's."""
    asked: set[uuid.UUID] = set()
    if root.loss is not None:  # else there is nothing to look for among all its files
        _found_again(root)
        asked.update(_asked(root).values_list("pk", flat=True))
    together = asked.union(gone)
    loss = _loss(root, together, scan_began)
    if loss is None:
        if root.loss is not None:
            _withdraw(root, hold)
        return sorted(together), None
    _ask(root, loss, together - asked, hold)
    return [], loss.reason


def _loss(root: LibraryRoot, gone: Collection[uuid.UUID], scan_began: datetime) -> Loss | None:
    if not gone:
        return None
    files = MediaFile.objects.filter(root=root)
    known = files.exclude(state=FileState.MISSING)
    left = known.count() - len(gone)
    since = _counts_from(root)
    earlier = files.filter(state=FileState.MISSING, missing_since__gt=since).count()
    if left and earlier + len(gone) < LOSS_FILES.get():  # it cannot be more than that
        return None
    before = _most_held(root, since, scan_began)
    enough = before * (100 - LOSS_PERCENT.get()) / 100
    if left and (before - left < LOSS_FILES.get() or left >= enough):
        return None
    some = known.filter(pk__in=list(islice(sorted(gone), _CHUNK))).order_by("path")
    return Loss(
        gone=before - left,
        before=before,
        examples=tuple(some.values_list("path", flat=True)[:_EXAMPLES]),
        found_at=timezone.now(),
        asked=len(gone),
        hours=LOSS_HOURS.get() if earlier else 0,
    )


def _counts_from(root: LibraryRoot) -> datetime:
    """Since when what has gone missing in the root counts. While it is away, or a question is
    open, time stands still: no question answers itself."""
    until = root.unavailable_since or timezone.now()
    since = until - timedelta(hours=LOSS_HOURS.get())
    return max(since, root.losses_count_from or since)


_MOST_HELD: Final = """
WITH held AS (
    SELECT created_at, CASE WHEN state = 'missing' THEN missing_since END AS lost_at
    FROM libraries_mediafile
    WHERE root_id = %(root)s AND created_at < %(until)s
      AND (state <> 'missing' OR missing_since > %(since)s)
), change (at, files) AS (
    SELECT created_at, 1 FROM held
    UNION ALL SELECT lost_at, -1 FROM held WHERE lost_at IS NOT NULL
    UNION ALL SELECT moment, NULL FROM unnest(%(moments)s::timestamptz[]) AS moment
)
SELECT max(held) FROM (
    SELECT files, coalesce(sum(files) OVER (ORDER BY at), 0) AS held FROM change
) AS course WHERE files IS NULL
"""


def _most_held(root: LibraryRoot, since: datetime, until: datetime) -> int:
    """The most files that the root held at the beginning, at the end, or after a scan of the whole
    library in between: while one runs, a file is there beside the one that has taken its place.

    One that was gone for a while counts as if it had not been: that asks rather than not.
    """
    whole = root.library.scans.filter(paths=[], status=ScanStatus.COMPLETED)
    ends = whole.filter(completed_at__range=(since, until)).values_list("completed_at", flat=True)
    moments = [since, until, *ends]
    with connection.cursor() as cursor:
        cursor.execute(
            _MOST_HELD, {"root": root.pk, "since": since, "until": until, "moments": moments}
        )
        return int(cursor.fetchone()[0])


@transaction()
def _ask(
    root: LibraryRoot, loss: Loss, new: Collection[uuid.UUID], hold: Callable[[], None]
) -> None:
    hold()
    # Asked of the table: this may be the second try, and the object tell what the first one set.
    is_first = LibraryRoot.objects.filter(pk=root.pk, loss__isnull=True).exists()
    for chunk in _chunks(sorted(new)):
        MediaFile.objects.filter(pk__in=chunk).update(missing_since=loss.found_at)
    root.loss = loss.to_json()
    root.save(update_fields=["loss", "updated_at"])
    if is_first:
        about = {"path": root.path, "gone": loss.gone, "before": loss.before}
        activity.record(Action.LIBRARY_LOSS, actor=None, resource=root.library, metadata=about)


@transaction()
def _withdraw(root: LibraryRoot, hold: Callable[[], None]) -> None:
    hold()
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
    root.losses_count_from = timezone.now()
    root.save(update_fields=["loss", "losses_count_from", "updated_at"])
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
