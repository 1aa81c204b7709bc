"""Where in a library the paths lie that somebody wants looked at."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile, MediaFolder

_LONGEST_PATH: Final = 4096


def located(library: Library, paths: Iterable[str]) -> list[tuple[LibraryRoot, str]]:
    """The roots of these paths, and the paths below them, each once. Raises InvalidInputError."""
    roots = list(library.roots.in_use())
    found = list(dict.fromkeys(place for path in paths for place in _places(roots, path)))
    if not found:
        raise InvalidInputError(_("Give at least one path."), {"path": [_("Missing.")]})
    return found


def _places(roots: Sequence[LibraryRoot], path: str) -> Iterator[tuple[LibraryRoot, str]]:
    """Where a path leads to; and where it lies, when something was there before it was a link."""
    if not Path(path).is_absolute() or "\0" in path:
        raise _refused(_("Give the whole path, such as /srv/films/Film (2001)."))
    real, plain = os.path.realpath(path), os.path.normpath(path)  # as the roots are
    if len(real) > _LONGEST_PATH or not _is_text(real):
        raise _refused(_("The path is too long, or is not valid UTF-8."))
    target = _below(roots, real)
    # Behind a link `..` is not what it looks like.
    place = None if plain == real or ".." in Path(path).parts else _below(roots, plain)
    if place is not None and not _is_known(*place):
        place = None
    if target is None and place is None:
        folders = ", ".join(root.path for root in roots)
        text = _("%(path)s lies in none of the library's folders: %(folders)s.")
        raise _refused(text % {"path": path, "folders": folders})
    yield from (found for found in (target, place) if found is not None)


def _below(roots: Sequence[LibraryRoot], path: str) -> tuple[LibraryRoot, str] | None:
    """The root that a path lies in, and the path below it."""
    for root in roots:
        if path == root.path or path.startswith(f"{root.path}/"):
            return root, path[len(root.path) + 1 :]
    return None


def _is_known(root: LibraryRoot, path: str) -> bool:
    folders = MediaFolder.objects.filter(root=root, path=path, parent__isnull=False)
    files = MediaFile.objects.filter(root=root, path=path).exclude(state=FileState.MISSING)
    return folders.exists() or files.exists()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, {"path": [message]})
