"""Titles as they are compared and sorted."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS: Final = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "þ": "th",
    }
)
_COMBINING_MARKS: Final = re.compile("[\u0300-\u036f]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_NUMBER: Final = re.compile(r"[0-9]+")
_NUMBER_WIDTH: Final = 8
_PUNCTUATION: Final = re.compile(r"[^\w\s]+")

_ARTICLES: Final = {
    language: re.compile(rf"^(?:(?:{words})\s+|(?:{elided})['\u2019]\s*)(?=\S)")
    for language, words, elided in (
        ("en", "the|an|a", "-"),
        ("de", "der|die|das|eine|ein", "-"),
        ("fr", "le|la|les|une|un|des", "l"),
        ("es", "el|la|los|las|una|un|unos|unas", "-"),
        ("it", "il|lo|la|i|gli|le|una|uno|un", "l|un"),
        ("nl", "de|het|een", "-"),
        ("pt", "os|as|o|a|uma|um", "-"),
        ("ca", "els|les|el|la|una|un", "l"),
        ("sv", "en|ett|den|det|de", "-"),
        ("da", "en|et|den|det|de", "-"),
        ("no", "en|ei|et|den|det|de", "-"),
        ("nb", "en|ei|et|den|det|de", "-"),
    )
}


def printable(name: str) -> str:
    """A file name as text that can be shown and stored: what is no UTF-8 becomes U+FFFD."""
    try:
        data = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = name.encode("utf-8", "replace")
    return _UNPRINTABLE.sub(" ", data.decode("utf-8", "replace")).strip()


def fold(text: str) -> str:
    """Text for comparing: without case, accents of letters, or compatibility forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = _COMBINING_MARKS.sub("", decomposed).casefold().translate(_LETTERS)
    return unicodedata.normalize("NFKC", letters)


def sort_title(title: str, language: str = "en") -> str:
    """A key that sorts titles by code point: no article, folded, no punctuation, numbers padded.

    ``language`` is the title's BCP 47 tag: "Die Hard" is English and keeps its first word.
    """
    key = folded = " ".join(fold(title).split())
    if article := _ARTICLES.get(language.split("-", maxsplit=1)[0].lower()):
        key = article.sub("", key, count=1)
    key = _PUNCTUATION.sub("", key).strip() or folded
    return _NUMBER.sub(lambda number: number[0].zfill(_NUMBER_WIDTH), key)
