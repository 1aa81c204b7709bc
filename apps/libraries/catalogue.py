"""What a scan hands its files to. An app that knows a type of media registers itself here."""

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from django.utils.module_loading import import_string

from apps.libraries.models import Library, LibraryRoot, LibraryType, MediaFile
from apps.libraries.scan.walk import FolderListing

ReportIssue = Callable[[str, str, str], None]
"""Records something that could not be used: absolute path, code of `reasons`, detail."""


class Catalogue(Protocol):
    """Groups files into the works that people watch, and describes them."""

    def read(
        self,
        *,
        library: Library,
        root: LibraryRoot,
        listing: FolderListing,
        files: Sequence[MediaFile],
        only_movie_in_folder: bool,
        report: ReportIssue,
    ) -> Any:  # noqa: ANN401  (opaque to the scan)
        """Read what lies beside the files (NFO, artwork). Outside of any transaction.

        `only_movie_in_folder`: all films of the folder are versions or parts of one.
        """

    def store(self, *, library: Library, readings: Sequence[Any]) -> None:
        """Group and describe, inside the scan's transaction, what `read` answered."""

    def files_changed(self, *, file_ids: Collection[uuid.UUID]) -> None:
        """Files have gone or come back without being read again."""

    def library_changed(self, *, library: Library) -> None:
        """The library has lost files' rows, or has been switched on or off."""

    def works_of(self, *, file_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """The works that these files belong to."""

    def works_going(self, *, file_ids: Collection[uuid.UUID]) -> list[str]:
        """The names of those that have no other file, and that nobody has seen or corrected."""

    def works_forget(self, *, work_ids: Collection[uuid.UUID] | None = None) -> int:
        """Delete those of the works, or of all, that have no file's row any more and that nobody
        has seen or corrected. Answers how many."""


_catalogues: dict[str, str] = {}


def register(library_type: LibraryType, path: str) -> None:
    """`path` is the dotted name of a Catalogue; only processes that scan import it."""
    _catalogues[library_type] = path


def catalogues() -> list[Catalogue]:
    return [import_string(path)() for path in _catalogues.values()]


def catalogue_of(library: Library) -> Catalogue:
    catalogue: Catalogue = import_string(_catalogues[library.type])()
    return catalogue
