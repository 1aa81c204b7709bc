"""Folding and sorting titles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.libraries.scan.titles import fold, printable, sort_title


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Amélie", "amelie"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("Ærø", "aero"),
        ("Łódź", "lodz"), ("Ελλάδα", "ελλαδα"), ("Сталкер", "сталкер"), ("ﬁlm", "film"),
        ("東京物語", "東京物語"), ("がんばれ", "がんばれ"), ("안녕", "안녕"), ("हिन्दी", "हिन्दी"),
    ],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("title", "language", "key"),
    [
        ("The Matrix", "en", "matrix"),
        ("A Beautiful Mind", "en", "beautiful mind"),
        ("Die Hard", "en", "die hard"),
        ("Die Brücke", "de", "brucke"),
        ("Die Brücke", "de-AT", "brucke"),
        ("Les Misérables", "fr", "miserables"),
        ("L'Avventura", "it", "avventura"),
        ("L\u2019Atalante", "fr", "atalante"),
        ("El Topo", "es", "topo"),
        ("O Pagador de Promessas", "pt", "pagador de promessas"),
        ("De Aanslag", "nl", "aanslag"),
        ("Det sjunde inseglet", "sv", "sjunde inseglet"),
        ("The", "en", "the"),
        ("A", "en", "a"),
        ("A.I.", "en", "ai"),
        ("Theatre", "en", "theatre"),
        ("(500) Days of Summer", "en", "00000500 days of summer"),
        ("8 Mile", "en", "00000008 mile"),
        ("WALL·E", "en", "walle"),
        ("???", "en", "???"),
        ("The Matrix", "xx", "the matrix"),
    ],
)
def test_sort_title(title: str, language: str, key: str) -> None:
    assert sort_title(title, language) == key


def test_numbers_sort_by_value() -> None:
    titles = ["Rocky 10", "Rocky 2", "The Rock", "Élan", "Zulu", "12 Angry Men", "9"]
    assert sorted(titles, key=sort_title) == [
        "9", "12 Angry Men", "Élan", "The Rock", "Rocky 2", "Rocky 10", "Zulu",
    ]  # fmt: skip


def test_printable() -> None:
    assert printable(" caf\udce9\n b ") == "caf\ufffd b"
    assert printable("\ud83d x") == "? x"


@settings(deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert bool(sort_title(text)) == bool(fold(text).split())
