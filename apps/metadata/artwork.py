"""Finding the pictures that lie beside a film by their names."""

import re
from collections.abc import Collection
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from apps.libraries.scan.rules import IMAGE_EXTENSIONS


class ArtworkKind(StrEnum):
    """What a picture of a film is for."""

    PRIMARY = "primary"
    BACKDROP = "backdrop"
    LOGO = "logo"
    CLEARART = "clearart"
    BANNER = "banner"
    THUMB = "thumb"
    DISC = "disc"
    KEYART = "keyart"


EXTRA_BACKDROP_FOLDER: Final = "extrafanart"

# The names of a kind, the best first.
_NAMES: Final = {
    ArtworkKind.PRIMARY: ("poster", "folder", "cover", "default", "movie"),
    ArtworkKind.BACKDROP: ("fanart", "backdrop", "background", "art"),
    ArtworkKind.LOGO: ("clearlogo", "logo"),
    ArtworkKind.CLEARART: ("clearart",),
    ArtworkKind.BANNER: ("banner",),
    ArtworkKind.THUMB: ("landscape", "thumb"),
    ArtworkKind.DISC: ("disc", "discart"),
    ArtworkKind.KEYART: ("keyart",),
}
_RANKS: Final = {
    name: (kind, rank) for kind, names in _NAMES.items() for rank, name in enumerate(names)
}
_NUMBERED: Final = re.compile(r"(fanart|backdrop|background|art)[ _-]?(\d{1,4})")
_DIGITS: Final = re.compile(r"\d{1,9}")


def find_artwork(
    names: Collection[str], *, stem: str | None, own_folder: bool
) -> dict[ArtworkKind, list[str]]:
    """The pictures among the names of a folder, the best of each kind first.

    ``stem`` is the film file's: ``<stem>-poster.jpg`` is its own whatever else the folder holds.
    Bare names (``poster.jpg``, ``extrafanart/1.jpg``) count when the film has the folder to itself.
    """
    ranked = sorted(
        (order, name, kind)
        for name in names
        for kind, order in _places(name, stem=stem, own_folder=own_folder)
    )
    found: dict[ArtworkKind, list[str]] = {}
    for _, name, kind in ranked:
        found.setdefault(kind, []).append(name)
    return found


def _places(
    name: str, *, stem: str | None, own_folder: bool
) -> list[tuple[ArtworkKind, tuple[int, ...]]]:
    """The kind that a name stands for, if any, and its place: prefix, name, number, extension."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in IMAGE_EXTENSIONS:
        return []
    extension = IMAGE_EXTENSIONS.index(path.suffix.lower())
    folder, word = str(path.parent).casefold(), path.stem.casefold()
    if folder == EXTRA_BACKDROP_FOLDER:
        number = _DIGITS.search(word)
        place = (2, 0, int(number[0]) if number else 0, extension)
        return [(ArtworkKind.BACKDROP, place)] if own_folder else []
    prefix = f"{stem.casefold()}-" if stem else None
    is_prefixed = prefix is not None and word.startswith(prefix)
    if folder != "." or not (is_prefixed or own_folder):
        return []
    bare = word.removeprefix(prefix) if prefix else word
    numbered = _NUMBERED.fullmatch(bare)
    known = _RANKS.get(numbered[1] if numbered else bare)
    if known is None:
        return []
    kind, rank = known
    return [(kind, (0 if is_prefixed else 1, rank, int(numbered[2]) if numbered else 0, extension))]
