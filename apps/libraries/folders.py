"""The server's folders, as far as films may lie there."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError
from apps.libraries import paths
from apps.libraries.scan import rules

MOST_FOLDERS: Final = 1000
MOST_VIDEOS: Final = 10_000
PATIENCE_SECONDS: Final = 2.0
_OF_THE_SYSTEM: Final = frozenset(
    map(Path, ("/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"))
)
"""Nobody keeps films there: to list them would only be in the way."""


@dataclass(frozen=True, slots=True)
class Folder:
    name: str
    path: Path
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """`path` is None above several media roots."""

    path: Path | None
    parent: Path | None
    folders: tuple[Folder, ...]
    is_whole: bool
    """False: there are more than `MOST_FOLDERS`."""
    may_be_root: bool
    leads_back: bool = False
    """Whether there are other media roots."""


@dataclass(frozen=True, slots=True)
class Found:
    videos: int
    is_whole: bool
    """False: there are more, but that is as far as patience goes."""


def browse(text: str) -> Listing:
    """What lies in a folder; "" begins at the media roots.

    Hidden folders, the system's and those outside of the media roots are not listed, wherever a
    link may lead. Raises InvalidInputError for a folder that cannot be looked into.
    """
    roots = paths.media_roots()
    if not text.strip() and len(roots) != 1:
        named = tuple(Folder(str(root), root, _is_readable(root)) for root in roots)
        return Listing(None, None, named, is_whole=True, may_be_root=False)
    path = _resolved(text) if text.strip() else roots[0]
    try:
        found = sorted(islice(_below(path), MOST_FOLDERS + 1), key=lambda each: each.name.lower())
    except OSError:
        raise InvalidInputError(
            _("The server may not read %(path)s: give its user access to it.") % {"path": path}
        ) from None
    is_whole = len(found) <= MOST_FOLDERS
    folders = tuple(found[:MOST_FOLDERS])
    leads_back = path in roots and len(roots) > 1
    return Listing(path, _parent(path, roots), folders, is_whole, _may_be_root(path), leads_back)


def count_videos(path: Path, patience: float = PATIENCE_SECONDS) -> Found:
    """How many files below a folder look like films, as far as can be told in so many seconds."""
    deadline = time.monotonic() + patience
    videos = 0
    for _folder, below, files in os.walk(path):
        below[:] = [name for name in below if not rules.is_ignored_dir(name)]
        videos += sum(rules.is_video(name) for name in files)
        if videos > MOST_VIDEOS or time.monotonic() > deadline:
            return Found(min(videos, MOST_VIDEOS), is_whole=False)
    return Found(videos, is_whole=True)


def _resolved(text: str) -> Path:
    given = Path(text.strip())
    if "\0" in text or not given.is_absolute():
        raise InvalidInputError(_("Give the folder's whole path, such as /srv/films."))
    # The same words for what is there and what is not: nobody learns what lies elsewhere.
    refusal = InvalidInputError(_("There is no folder %(path)s.") % {"path": given})
    try:
        path = given.resolve(strict=True)
    except (OSError, RuntimeError):
        raise refusal from None
    if not paths.is_browsable(path) or not path.is_dir():
        raise refusal
    return path


def _parent(path: Path, roots: list[Path]) -> Path | None:
    """None at a media root, whose listing begins anew."""
    return None if path in roots or path == path.parent else path.parent


def _below(path: Path) -> Iterator[Folder]:
    with os.scandir(path) as entries:
        for entry in entries:
            if rules.is_ignored_dir(entry.name) or not _is_text(entry.name):
                continue
            if folder := _folder(entry):
                yield folder


def _folder(entry: "os.DirEntry[str]") -> Folder | None:
    try:
        if not entry.is_dir():
            return None
        real = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if not paths.is_browsable(real) or any(map(real.is_relative_to, _OF_THE_SYSTEM)):
        return None
    return Folder(entry.name, real, _is_readable(real))


def _is_text(name: str) -> bool:
    """A name of other bytes than UTF-8 cannot be kept as a library's folder."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_readable(path: Path) -> bool:
    return os.access(path, os.R_OK | os.X_OK, effective_ids=True)


def _may_be_root(path: Path) -> bool:
    try:
        return paths.media_folder(str(path)) == path
    except InvalidInputError:
        return False
