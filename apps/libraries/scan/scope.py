"""How much of a root a scan looks at: all of it, or what a path that was asked for means."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apps.libraries.scan import discs, rules
from apps.libraries.scan.walk import WalkRules, folder_time, is_companion


@dataclass(frozen=True, slots=True)
class Scope:
    """A folder with all below it, or without what is known below it. Paths are relative."""

    top: str
    is_deep: bool

    @property
    def is_root(self) -> bool:
        return self.is_deep and not self.top


WHOLE: Final = Scope("", is_deep=True)


def scope_of(root: str, path: str, walk_rules: WalkRules) -> Scope:
    """What has to be looked at for a path: a folder with all below it; for a file, for what is
    gone, what is passed by, and what belongs to the films of a folder, only that folder."""
    top = ""
    for part in path.split("/") if path else ():
        below = f"{top}/{part}" if top else part
        is_walked = not walk_rules.passes_by(below) and not _is_ignored(root, top)
        if not is_walked or not _is_folder(root, below) or _belongs(root, below):
            return Scope(top, is_deep=False)
        top = below
    return Scope(top, is_deep=True)


def _is_ignored(root: str, folder: str) -> bool:
    return Path(root, folder, rules.IGNORE_MARKER).exists()


def _is_folder(root: str, path: str) -> bool:
    try:
        folder_time(root, path)
    except OSError:
        return False
    return True


def _belongs(root: str, path: str) -> bool:
    """Whether a folder is understood with the films beside it."""
    around, _, name = path.rpartition("/")
    if rules.is_disc_folder(name):
        return True
    try:
        if rules.is_part_of_set(name, around.rpartition("/")[2]):
            return discs.disc_inside(root, path) is not None
        if not around or not is_companion(path):
            return False
        beside = [path.name for path in Path(root, around).iterdir()]
        return any(rules.is_video(name) or rules.is_disc_folder(name) for name in beside)
    except OSError:
        return True
