# ruff: noqa: RUF001  (texts in many scripts)
"""Texts of unknown charset."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.playback.charsets import decode_text

TEXTS = {
    "fr": ("cp1252", "Ça va très bien, où êtes-vous donc passé cet été? C'est déjà fini, voilà."),
    "de": ("cp1252", "Schöne Grüße aus München! Wir müssen gehen, weil es spät wird."),
    "es": ("cp1252", "¿Dónde está el niño? Mañana será otro día. ¡Qué lástima!"),
    "pl": ("cp1250", "Dzień dobry, jak się masz? Wszystko w porządku, dziękuję bardzo."),
    "cs": ("cp1250", "Dobrý den, jak se máte? Příliš žluťoučký kůň úpěl ďábelské ódy."),
    "el": ("cp1253", "Καλημέρα, τι κάνεις; Είμαι καλά, ευχαριστώ πολύ. Πού είναι η θάλασσα;"),
    "ru": ("cp1251", "Привет, как дела? Хорошо, спасибо большое. Где мы находимся сейчас?"),
    "he": ("cp1255", "שלום, מה שלומך? אני בסדר, תודה רבה. איפה אנחנו?"),
    "ar": ("cp1256", "مرحبا كيف حالك؟ أنا بخير شكرا جزيلا. أين نحن الآن؟"),
    "ja": ("cp932", "こんにちは、お元気ですか？はい、元気です。ありがとうございます。"),
    "zh": ("gb18030", "你好，你怎么样？我很好，谢谢。我们现在在哪里？"),
    "ko": ("cp949", "안녕하세요, 어떻게 지내세요? 잘 지내요, 감사합니다."),
}


@pytest.mark.parametrize("language", TEXTS)
def test_charsets_without_a_hint(language: str) -> None:
    charset, text = TEXTS[language]
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n" * 5
    assert decode_text(text.encode(charset)) == text


def test_language_tells_latin_charsets_apart() -> None:
    turkish = "Günaydın, şimdi gitmem gerekiyor. Teşekkür ederim, iyiyim."
    assert decode_text(turkish.encode("cp1254"), language="tr-TR") == turkish
    hungarian = "Jó napot, őszintén köszönöm a kedvességét, fűtött szoba."
    assert decode_text(hungarian.encode("cp1250"), language="hu") == hungarian


@pytest.mark.parametrize("language", [None, "pl"])
def test_unicode_wins_over_the_language(language: str | None) -> None:
    text = "Naïve café – 東京"
    for data in (
        text.encode(),
        codecs.BOM_UTF8 + text.encode(),
        codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ):
        assert decode_text(data, language=language) == text


def test_utf_16_without_a_mark() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nHello, how are you? I am very well.\n" * 3
    assert decode_text(text.encode("utf-16-le")) == text


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert isinstance(decode_text(data), str)
