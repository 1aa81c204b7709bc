"""Whether a folder is one film's own, told from its name and those of its files."""

import re
from pathlib import PurePosixPath
from typing import Final

from apps.libraries.scan.extras import extra_kind
from apps.libraries.scan.rules import PART_MARKER, film_stem
from apps.libraries.scan.titles import fold
from apps.libraries.scan.walk import FolderListing

_DATED: Final = re.compile(r"(.+?)[\[(]\s*((?:18|19|20)\d\d)\s*[\])]")
_TAG: Final = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_WORD: Final = re.compile(r"\w+")
_YEAR: Final = re.compile(r"(?:18|19|20)\d\d")
_SEQUEL: Final = re.compile(r"\d{1,2}|[ivx]+")
# What tells versions of a film apart when nothing else says that the folder holds one film.
_VERSION_WORD: Final = re.compile(
    r"\d{3,4}[pi]|[48]k|uhd|hd|sd|3d|hdr|hdr10|sdr|dv|blu|ray|bluray|remux|web|dl|rip|webdl|webrip"
    r"|dvd|dvdrip|brrip|[xh]26[45]|[xh]|26[45]|hevc|avc|av1|director|directors|s|cut|extended"
    r"|theatrical|edition|version|remastered|uncut|unrated"
)


def holds_one_movie(listing: FolderListing) -> bool:
    """Whether all films of a folder are versions or parts of one, so that its name, its NFO and
    its pictures are theirs.

    `Title (2001)` holds whatever begins with `Title` and names no other year and no number of a
    sequel. A folder without a year needs more: `Alien` may hold `Alien 3` and `Alien - Covenant`,
    but `Alien - 4K` is a version. The root itself never is a film's folder.
    """
    paths = [PurePosixPath(entry.path) for entry in listing.videos]
    stems = {fold(PART_MARKER.sub("", film_stem(path))) for path in paths if not extra_kind(path)}
    if not listing.path or not stems:
        return False
    stems.discard("")  # "cd1" is of the film that the folder names
    if len(stems) <= 1:
        return True
    folder = _TAG.sub(" ", fold(PurePosixPath(listing.path).name))
    dated = _DATED.match(folder)
    title, year = (dated[1], dated[2]) if dated else (folder, None)
    return all(_is_version(stem, _WORD.findall(title), year) for stem in stems)


def _is_version(stem: str, title: list[str], year: str | None) -> bool:
    words = _WORD.findall(_TAG.sub(" ", stem))
    rest = words[len(title) :]
    if words[: len(title)] != title or not title:
        return False
    if year is None:
        return all(_VERSION_WORD.fullmatch(word) for word in rest)
    other_years = {word for word in rest if _YEAR.fullmatch(word)} - {year}
    return not other_years and not (rest and _SEQUEL.fullmatch(rest[0]))
