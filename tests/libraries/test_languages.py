"""Language tags and words."""

import pytest

from apps.libraries.scan.languages import language_from_tag, language_from_word


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("eng", "en"), ("ger", "de"), ("deu", "de"), ("fre", "fr"), ("fra", "fr"), ("EN", "en"),
        ("pt_br", "pt-BR"), ("zh-hans", "zh-Hans"), ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("yue", "yue"), ("qaa", "qaa"), ("chi", "zh"), ("und", None), ("mul", None), ("", None),
        (None, None), ("english", None), ("e", None), ("en-", None), ("../..", None),
    ],
)  # fmt: skip
def test_tags(tag: str | None, language: str | None) -> None:
    assert language_from_tag(tag) == language


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("English", "en"), ("DEUTSCH", "de"), ("Français", "fr"), ("eng", "en"), ("de", "de"),
        ("Brazilian", "pt-BR"), ("pt-BR", "pt-BR"), ("Cantonese", "yue"), ("no", "no"),
        ("cut", None), ("the", None), ("commentary", None), ("x", None), ("2", None),
    ],
)  # fmt: skip
def test_words(word: str, language: str | None) -> None:
    assert language_from_word(word) == language
