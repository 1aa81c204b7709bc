"""Files that are no longer there. Their rows stay, with all that hangs on them.

Nothing is decided before a root was walked to its end: a disk that is not there must not empty a
library, whether its films lie in folders of their own or all in one.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.utils import timezone

from apps.core.db.transactions import transaction
from apps.libraries.catalogue import Catalogue
from apps.libraries.models import FileState, LibraryRoot, MediaFile, MediaFolder
from apps.libraries.scan.comparing import FolderWork, Unreadable
from apps.libraries.scan.walk import FolderListing

LEAST_SHARE_LEFT = 0.5
"""Less of a root than this left at once is taken for a disk that is not there."""
FEW = 10
"""… unless it is fewer files than this that are gone, and some are left."""
_CHUNK = 1000


@dataclass
class Departures:
    """What a walk over a root has not found again."""

    root: LibraryRoot
    scan_began: datetime
    unreadable: Unreadable
    seen: set[str] = field(default_factory=set)
    _files: list[uuid.UUID] = field(default_factory=list)
    _signatures: dict[str, str] = field(default_factory=dict)

    def note(self, work: FolderWork) -> None:
        """Files that are gone from a folder that is still there."""
        if work.gone:
            self._files.extend(file.pk for file in work.gone)
            self._signatures[work.listing.path] = work.listing.signature

    def unsettle(self, listing: FolderListing) -> None:
        """The folder is not done: it does not get its signature."""
        self._signatures.pop(listing.path, None)

    def settle(self, catalogue: Catalogue, *, done: Callable[[int], None]) -> str | None:
        """Mark what has gone as missing; `done` hears how many. Touches nothing, and answers why,
        when too much is gone at once."""
        folders = self._folders_gone()
        ids = [*self._files, *_present(folder__in=folders)]
        if problem := self._problem(len(ids)):
            return problem
        remaining = iter(ids)
        while chunk := list(islice(remaining, _CHUNK)):
            _mark_missing(chunk, catalogue)
            done(len(chunk))
        self._forget(folders)
        return None

    def _folders_gone(self) -> list[uuid.UUID]:
        known = MediaFolder.objects.filter(root=self.root).values_list("pk", "path")
        return [
            pk
            for pk, path in known.iterator()
            if path not in self.seen and not self.unreadable.covers(path)
        ]

    def _problem(self, gone: int) -> str | None:
        if not gone:
            return None
        known = MediaFile.objects.filter(root=self.root).exclude(state=FileState.MISSING)
        left = known.count() - gone
        # Files that were renamed are gone, and there: what counts is how the root has shrunk.
        before = known.filter(created_at__lt=self.scan_began).count()
        if left and (gone < FEW or left >= LEAST_SHARE_LEFT * before):
            return None
        return (
            f"{gone} of {before} files are gone at once; they are kept as unavailable until the "
            "folder is back"
        )

    def _forget(self, folders: Sequence[uuid.UUID]) -> None:
        """A folder that comes back is looked at anew; one that lost files is settled now."""
        MediaFolder.objects.filter(pk__in=folders).exclude(signature="").update(signature="")
        for path, signature in self._signatures.items():
            MediaFolder.objects.filter(root=self.root, path=path).update(signature=signature)


def _present(**where: object) -> Iterator[uuid.UUID]:
    files = MediaFile.objects.filter(**where).exclude(state=FileState.MISSING)
    return files.values_list("pk", flat=True).iterator()


@transaction()
def _mark_missing(ids: Collection[uuid.UUID], catalogue: Catalogue) -> None:
    now = timezone.now()
    MediaFile.objects.filter(pk__in=ids).update(
        state=FileState.MISSING, missing_since=now, updated_at=now
    )
    catalogue.files_changed(file_ids=ids)
