"""What the path of a film file says: guessit does the guessing, our rules come on top."""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import guessit
from babelfish import Language
from guessit.api import GuessitException

from apps.libraries.scan.languages import language_from_tag
from apps.libraries.scan.rules import (
    GENERIC_FOLDERS,
    PART_MARKER,
    VIDEO_EXTENSIONS,
    is_disc_folder,
    is_part_of_set,
)
from apps.libraries.scan.titles import fold, printable


@dataclass(frozen=True, slots=True)
class MovieName:
    """A film as its path names it.

    ``part`` counts only when the grouping finds the other parts; without them the film is called
    ``title_with_part`` ("Kill Bill Part 2"). ``version_key`` is the same for all parts of one
    version. ``languages`` are BCP 47 tags.
    """

    title: str
    title_with_part: str
    year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    edition: str | None
    part: int | None
    version_key: str
    resolution: str | None
    source: str | None
    is_3d: bool
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Guess:
    """One folder or file name, read."""

    title: str
    year: int | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    edition: str | None = None
    resolution: str | None = None
    source: str | None = None
    is_3d: bool = False
    languages: tuple[str, ...] = ()

    @property
    def is_identified(self) -> bool:
        return bool(self.year or self.tmdb_id or self.imdb_id)


_TMDB_ID: Final = re.compile(r"[\[{(]\s*tmdb(?:id)?\s*[-=:]\s*(\d{1,9})\s*[\]})]", re.IGNORECASE)
_IMDB_ID: Final = re.compile(
    r"[\[{(]\s*imdb(?:id)?\s*[-=:]\s*(tt\d{7,9})\s*[\]})]|(?<![a-z0-9])(tt\d{7,9})(?![a-z0-9])",
    re.IGNORECASE,
)
_EDITION: Final = re.compile(r"\{\s*edition\s*-\s*([^{}]+?)\s*\}", re.IGNORECASE)
_BRACKETED_YEAR: Final = re.compile(r"[\[(]\s*((?:18|19|20)\d\d)\s*[\])]")
_LEADING_TAG: Final = re.compile(r"^\s*\[[^\]]*\]\s*(?=\S)")
_DOT_FOR_SPACE: Final = re.compile(r"(?<!\b[^\W\d_])\.|\.(?![^\W\d_]\b)")  # not those of S.W.A.T.
_ALSO_KNOWN_AS: Final = re.compile(r"(?<=\S)\s+aka\s+(?=\S)", re.IGNORECASE)
_EMPTY_BRACKETS: Final = re.compile(r"[\[{(]\s*[\]})]")
_WORD: Final = re.compile(r"\w+")

_FIRST_FILM_YEAR: Final = 1888
_NEUTRAL_FILM: Final = "Film (2000)"
_NAMELESS: Final = "\N{REPLACEMENT CHARACTER}"
GUESSIT_OPTIONS: Final = {
    "type": "movie",
    "no_user_config": True,
    # Parts are ours, and a film's name is full of words that mean something for a series.
    "excludes": [
        "part", "cd", "cd_count", "disc", "season", "episode", "absolute_episode", "episode_title",
        "episode_details", "date", "week", "country", "bonus", "bonus_title", "film", "film_title",
        "volume", "release_group",
    ],
}  # fmt: skip


def parse_movie_path(relative_path: PurePosixPath, *, only_movie_in_folder: bool) -> MovieName:
    """The film that a path below a library root names; any path gives an answer.

    ``only_movie_in_folder``: the folder holds files of no other film, so that it names this one.
    """
    stem, folder_name = _names(relative_path)
    folder_name = folder_name if only_movie_in_folder else ""
    base, part = _split_part(stem, folder_name)
    file, folder = _read(base), _read(folder_name) if folder_name else None
    if folder and _folder_names_the_film(folder_name, folder, file):
        naming, title_with_part = folder, folder.title
    else:
        naming, title_with_part = file, _read(stem).title if part else file.title
    rest = folder or _Guess(title="")
    return MovieName(
        title=naming.title,
        title_with_part=title_with_part,
        year=naming.year or file.year,
        tmdb_id=file.tmdb_id or rest.tmdb_id,
        imdb_id=file.imdb_id or rest.imdb_id,
        edition=file.edition or rest.edition,
        part=part,
        version_key=" ".join(_WORD.findall(fold(base))) or fold(base).strip() or base,
        resolution=file.resolution or rest.resolution,
        source=file.source or rest.source,
        is_3d=file.is_3d or rest.is_3d,
        languages=file.languages or rest.languages,
    )


def _names(path: PurePosixPath) -> tuple[str, str]:
    """The name that a path gives its film, without a suffix, and that of the film's folder.

    A disc is named by the folder around it, which is the film's own.
    """
    if is_disc_folder(path.name) and path.parent.name:
        around = path.parent
        in_set = is_part_of_set(around.name, around.parent.name)
        return printable(around.name) or _NAMELESS, around.parent.name if in_set else ""
    name = path.stem if path.suffix.lower() in VIDEO_EXTENSIONS else path.name
    return printable(name) or printable(path.name) or _NAMELESS, path.parent.name


def _split_part(stem: str, folder_name: str) -> tuple[str, int | None]:
    """A name without the part marker at its very end, and the part's number.

    A name that is nothing but a marker ("cd1") is a part of the film that the folder names.
    """
    match = PART_MARKER.search(stem)
    if not match:
        return stem, None
    base = stem[: match.start()].rstrip() or printable(folder_name)
    number = match[1]
    part = int(number) if number.isdecimal() else "abcd".index(number.lower()) + 1
    return (base, part) if base and part else (stem, None)


def _folder_names_the_film(name: str, folder: _Guess, file: _Guess) -> bool:
    """Whether the folder is the film's own and not one that sorts films ("Action")."""
    if not folder.title or fold(name) in GENERIC_FOLDERS:
        return False
    if folder.is_identified or not file.is_identified:
        return True
    return bool(_words(folder.title) & _words(file.title))


def _words(title: str) -> set[str]:
    return set(_WORD.findall(fold(title)))


@functools.lru_cache(maxsize=1024)
def _read(name: str) -> _Guess:
    name = printable(name)
    tmdb, imdb, edition = _TMDB_ID.search(name), _IMDB_ID.search(name), _EDITION.search(name)
    bare = name
    for pattern in (_TMDB_ID, _IMDB_ID, _EDITION, _EMPTY_BRACKETS):
        bare = pattern.sub(" ", bare)
    bare = bare.strip(" -_.") or name
    titled = _split_at_bracketed_year(bare)
    facts = _facts_after_year(titled[2]) if titled else _guess(bare)
    title, year = (titled[0], titled[1]) if titled else _guessed_title(bare, facts)
    return _Guess(
        title=title or name,
        year=year,
        tmdb_id=int(tmdb[1]) if tmdb else None,
        imdb_id=(imdb[1] or imdb[2]).lower() if imdb else None,
        edition=edition[1] if edition else _text(facts, "edition"),
        resolution=_text(facts, "screen_size"),
        source=_text(facts, "source"),
        is_3d="3D" in _values(facts, "other"),
        languages=_languages(facts),
    )


def _split_at_bracketed_year(name: str) -> tuple[str, int, str] | None:
    """Title, year and rest of "Title (1999) rest", where the title needs no guessing."""
    latest = dt.datetime.now(tz=dt.UTC).year + 5
    for match in _BRACKETED_YEAR.finditer(name):
        title = _clean_title(name[: match.start()])
        if title and _FIRST_FILM_YEAR <= int(match[1]) <= latest:
            return title, int(match[1]), name[match.end() :]
    return None


@functools.lru_cache(maxsize=4096)
def _facts_after_year(rest: str) -> Mapping[str, object]:
    """What follows title and year: mostly nothing, or the same of many films ("[Bluray-1080p]"),
    and guessit takes five milliseconds."""
    return _guess(f"{_NEUTRAL_FILM}{rest}") if _WORD.search(rest) else {}


def _guessed_title(name: str, facts: Mapping[str, object]) -> tuple[str, int | None]:
    titles = [str(value) for key in ("title", "alternative_title") for value in _values(facts, key)]
    year = facts.get("year")
    if not titles:
        return _clean_title(name), None  # "1984.mkv" is a title and no year
    return _clean_title(" - ".join(titles)), year if isinstance(year, int) else None


def _clean_title(text: str) -> str:
    title = _LEADING_TAG.sub("", text.strip())
    if " " not in title:
        title = _DOT_FOR_SPACE.sub(" ", title)
    title = " ".join(title.replace("_", " ").split()).strip(" -")
    return _ALSO_KNOWN_AS.split(title, maxsplit=1)[0]


def _guess(name: str) -> Mapping[str, object]:
    try:
        facts: Mapping[str, object] = guessit.guessit(name, GUESSIT_OPTIONS)
    except GuessitException:
        return {}
    return facts


def _values(facts: Mapping[str, object], key: str) -> list[object]:
    value = facts.get(key, [])
    return value if isinstance(value, list) else [value]


def _text(facts: Mapping[str, object], key: str) -> str | None:
    return " ".join(str(value) for value in _values(facts, key)) or None


def _languages(facts: Mapping[str, object]) -> tuple[str, ...]:
    found = [
        language_from_tag(str(value))
        for value in _values(facts, "language")
        if isinstance(value, Language)
    ]
    return tuple(dict.fromkeys(code for code in found if code))
