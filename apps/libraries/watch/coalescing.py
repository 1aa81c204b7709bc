"""Many changed paths as few that cover them: what a scan is asked to look at."""

from collections import Counter
from collections.abc import Collection, Container
from pathlib import PurePath
from typing import Final

from apps.libraries.scan import rules
from apps.libraries.watch.interest import is_wanted_file

FILES_OF_A_FOLDER: Final = 3
"""More of one folder are the folder."""
PATHS: Final = 100
"""More are the folders above them, in the end the root."""


def coalesced(paths: Collection[str], *, root: str, busy: Container[str] = ()) -> list[str]:
    """The least folders and files that cover the paths, all absolute, sorted.

    A folder in `busy` holds something that is not complete, and stands for its files only when
    there are too many of them.
    """
    found = {_for_scan(path, root) for path in paths}
    parents = Counter(_parent(path) for path in found if path != root)
    found |= {
        folder
        for folder, number in parents.items()
        if number > FILES_OF_A_FOLDER and folder not in busy
    }
    found = _outermost(found)
    while len(found) > PATHS:
        deepest = max(path.count("/") for path in found)
        found = _outermost({_parent(p) if p.count("/") == deepest else p for p in found})
    return sorted(found)


def ancestors(path: str) -> set[str]:
    return {str(parent) for parent in PurePath(path).parents}


def _for_scan(path: str, root: str) -> str:
    """What lies beside films is understood with its folder; a film may stand for itself."""
    is_beside = is_wanted_file(path) and not rules.is_video(PurePath(path).name)
    return _parent(path) if is_beside and _parent(path) != root else path


def _outermost(paths: Collection[str]) -> set[str]:
    """Without those that lie below another."""
    return {path for path in paths if ancestors(path).isdisjoint(paths)}


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
