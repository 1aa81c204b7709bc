"""Rows of what is gone for good: files missing for long, folders and libraries removed long ago.

What people have seen and corrected stays with its work, files or not.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.libraries import catalogue
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile
from apps.libraries.statistics import statistics_changed
from apps.users.models import User

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows have gone, or would go."""

    files: int = 0
    works: int = 0
    roots: int = 0
    libraries: int = 0

    def __add__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(
            self.files + other.files,
            self.works + other.works,
            self.roots + other.roots,
            self.libraries + other.libraries,
        )


def outdated(*, kept: timedelta) -> QuerySet[MediaFile]:
    """Files missing for longer than they are kept. Those of a folder that is away, or of a library
    that is switched off, are not meant: nobody could look whether they are back."""
    is_looked_at = Q(root__is_available=True, library__enabled=True)
    is_removed = Q(root__removed_at__isnull=False)
    return _missing().filter(is_looked_at | is_removed, missing_since__lt=timezone.now() - kept)


def preview(*, kept: timedelta) -> Forgotten:
    """What `purge` would take at this moment."""
    files = outdated(kept=kept)
    empty = _roots(kept).exclude(_holds("root", MediaFile.objects.exclude(pk__in=files)))
    return Forgotten(
        files=files.count(),
        works=len(works_going(file_ids=list(files.values_list("pk", flat=True)))),
        roots=empty.count(),
        libraries=_libraries(kept).exclude(_holds("library", _others(empty))).count(),
    )


def purge(*, kept: timedelta) -> Forgotten:
    """Delete all that has been gone for longer than it is kept."""
    done = Forgotten()
    while chunk := list(outdated(kept=kept).order_by("pk").values_list("pk", flat=True)[:_CHUNK]):
        done += _forget(outdated(kept=kept).filter(pk__in=chunk))
    with transaction():
        for of in catalogue.catalogues():
            done += Forgotten(works=of.works_forget())
        empty = _roots(kept).exclude(_holds("root", MediaFile.objects.all()))
        done += Forgotten(roots=_delete(empty))
        bare = _libraries(kept).exclude(_holds("library", LibraryRoot.objects.all()))
        done += Forgotten(libraries=_delete(bare))
        if done != Forgotten():
            _record(None, done)
    return done


@transaction()
def files_forget(*, file_ids: Collection[uuid.UUID], actor: User) -> Forgotten:
    """Delete the rows of these files, if they are missing, without waiting."""
    done = _forget(_missing().filter(pk__in=file_ids))
    if done != Forgotten():
        _record(actor, done)
    return done


def works_going(*, file_ids: Collection[uuid.UUID]) -> list[str]:
    """The names of the works that would go with those of these files that are missing."""
    ids = list(_missing().filter(pk__in=file_ids).values_list("pk", flat=True))
    return [name for of in catalogue.catalogues() for name in of.works_going(file_ids=ids)]


@transaction()
def _forget(files: QuerySet[MediaFile]) -> Forgotten:
    # Of itself only, and only what is still so: a scan may just find one again.
    rows = list(files.select_related("library").select_for_update(of=("self",)).order_by("library"))
    works = 0
    for library, own in groupby(rows, key=lambda file: file.library):
        ids = [file.pk for file in own]
        of = catalogue.catalogue_of(library)
        work_ids = of.works_of(file_ids=ids)
        MediaFile.objects.filter(pk__in=ids).delete()
        works += of.works_forget(work_ids=work_ids)
        statistics_changed(library.pk)
    return Forgotten(files=len(rows), works=works)


def _missing() -> QuerySet[MediaFile]:
    return MediaFile.objects.filter(state=FileState.MISSING)


def _roots(kept: timedelta) -> QuerySet[LibraryRoot]:
    return LibraryRoot.objects.filter(removed_at__lt=timezone.now() - kept)


def _others(roots: QuerySet[LibraryRoot]) -> QuerySet[LibraryRoot]:
    return LibraryRoot.objects.exclude(pk__in=roots.values("pk"))


def _libraries(kept: timedelta) -> QuerySet[Library]:
    return Library.objects.filter(deleted_at__lt=timezone.now() - kept)


def _holds(name: str, rows: QuerySet[MediaFile] | QuerySet[LibraryRoot]) -> Exists:
    return Exists(rows.filter(**{name: OuterRef("pk")}))


def _delete(rows: QuerySet[LibraryRoot] | QuerySet[Library]) -> int:
    # Only what is still so: somebody may just restore it.
    ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    rows.model._default_manager.filter(pk__in=ids).delete()  # noqa: SLF001  (Django's public name)
    return len(ids)


def _record(actor: User | None, done: Forgotten) -> None:
    about = {"files": done.files, "works": done.works, "roots": done.roots}
    activity.record(
        Action.LIBRARY_FORGET, actor=actor, metadata={**about, "libraries": done.libraries}
    )
