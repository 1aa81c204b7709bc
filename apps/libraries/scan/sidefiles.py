"""Subtitles and sound tracks that lie beside a film, told by their names."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from apps.libraries.scan.languages import language_from_word
from apps.libraries.scan.rules import AUDIO_EXTENSIONS, SUBTITLE_EXTENSIONS
from apps.libraries.scan.titles import printable


class SideFileKind(StrEnum):
    """What a side file adds to the film."""

    SUBTITLE = "subtitle"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class SideFileName:
    """A side file as its name describes it.

    ``language`` is a BCP 47 tag with the shortest code (``en``, ``pt-BR``); ``format`` is the
    lower-case extension without its dot.
    """

    kind: SideFileKind
    format: str
    language: str | None = None
    title: str | None = None
    is_forced: bool = False
    is_default: bool = False
    is_hearing_impaired: bool = False
    is_commentary: bool = False


_FORCED: Final = frozenset(("forced", "foreign"))
_DEFAULT: Final = frozenset(("default",))
_HEARING_IMPAIRED: Final = frozenset(("sdh", "cc", "hi"))
_FLAGS: Final = _FORCED | _DEFAULT | _HEARING_IMPAIRED
_COMMENTARY: Final = re.compile(r"comment|kommentar", re.IGNORECASE)
_INDEX: Final = re.compile(r"^\d{1,3}[._ -]+")
_SEPARATORS: Final = re.compile(r"[\s._,()\[\]-]+")
_SHORTEST_LANGUAGE_NAME: Final = 4


class _Words:
    """The words of a side file's name, sorted by what they mean."""

    def __init__(self) -> None:
        self.language: str | None = None
        self.flags: set[str] = set()
        self.title: list[str] = []

    def add(self, phrase: str) -> None:
        """Take a stretch of the name: flags, a language, and words of a title.

        Beside words of a title a language must be a name: "is" there is no Icelandic.
        """
        if self._take(phrase):
            return
        words = [word for word in _SEPARATORS.split(phrase) if word]
        has_title = not all(word.casefold() in _FLAGS or language_from_word(word) for word in words)
        for word in words:
            is_code = len(word) < _SHORTEST_LANGUAGE_NAME and word.casefold() not in _FLAGS
            if (has_title and is_code) or not self._take(word):
                self.title.append(word)

    def _take(self, word: str) -> bool:
        folded = word.casefold()
        # "hi" is Hindi, or hearing impaired once the language is known.
        if folded in _FLAGS and (folded != "hi" or self.language):
            self.flags.add(folded)
            return True
        language = language_from_word(word)
        if language is None or self.language not in {None, language}:
            return False
        self.language = language
        return True


def match_side_file(video_stem: str, filename: str, *, in_subs_folder: bool) -> SideFileName | None:
    """The side file that ``filename`` is for the film file named ``video_stem``; None for others.

    ``Film.2.srt`` also matches ``Film``: give it to the film file with the longest matching stem.
    In a ``Subs`` folder a name may leave the film's out: ``2_English.srt``, ``German.forced.srt``.
    """
    path = PurePosixPath(filename)
    kind = _kind(path.suffix.lower())
    if kind is None:
        return None
    words = _described(video_stem, path.stem, in_subs_folder=in_subs_folder)
    if words is None or (kind is SideFileKind.AUDIO and words.language is None):
        return None
    return SideFileName(
        kind=kind,
        format=path.suffix[1:].lower(),
        language=words.language,
        title=printable(" ".join(words.title)) or None,
        is_forced=bool(words.flags & _FORCED),
        is_default=bool(words.flags & _DEFAULT),
        is_hearing_impaired=bool(words.flags & _HEARING_IMPAIRED),
        is_commentary=any(_COMMENTARY.match(word) for word in words.title),
    )


def _kind(extension: str) -> SideFileKind | None:
    if extension in SUBTITLE_EXTENSIONS:
        return SideFileKind.SUBTITLE
    return SideFileKind.AUDIO if extension in AUDIO_EXTENSIONS else None


def _described(video_stem: str, stem: str, *, in_subs_folder: bool) -> _Words | None:
    """The words that follow the film's name, or None when the file is not the film's."""
    if stem.casefold().startswith(video_stem.casefold()):
        rest = stem[len(video_stem) :]
        may_have_title = rest.startswith(".")
    elif in_subs_folder:
        rest = f".{_INDEX.sub('', stem)}"
        may_have_title = _INDEX.match(stem) is not None
    else:
        return None
    if rest and not _SEPARATORS.match(rest):
        return None
    words = _Words()
    for phrase in rest.split("."):
        words.add(phrase)
    return words if may_have_title or not words.title else None
