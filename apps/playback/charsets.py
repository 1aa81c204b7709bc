"""Decoding text files of an unknown charset, as subtitles are."""

import codecs
from typing import Final

from charset_normalizer import from_bytes

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES: Final = 64 * 1024
_CANDIDATES: Final = [
    "utf_16_le", "utf_16_be", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "big5", "gb18030", "cp932", "cp949", "cp874", "koi8_r",
]  # fmt: skip

# The Latin charsets differ in a few letters, too few for statistics; the language decides.
_LATIN_CHARSETS: Final = {
    language: charset
    for charset, languages in {
        "cp1252": "ca da de en es fi fr is it nb nl nn no pt sv",
        "cp1250": "bs cs hr hu pl ro sk sl sq",
        "cp1254": "tr",
        "cp1257": "et lt lv",
    }.items()
    for language in languages.split()
}
_WESTERN: Final = "cp1252"
# Without the letters whose bytes are common in Central European, Turkish and Cyrillic texts.
_WESTERN_CHARACTERS: Final = frozenset(
    "àáâãäåæçèéêëìíîïñòóôöøùúûüÿœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØÙÚÛÜŒß¿¡«»°ªº…–—‘’“”„•€£§©\u00a0"  # noqa: RUF001
)


def decode_text(data: bytes, *, language: str | None = None) -> str:
    """Text of any charset; ``language``, a BCP 47 tag, helps to tell Latin charsets apart."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    sample = data[:_SAMPLE_BYTES]
    try:
        if b"\x00" not in sample:  # UTF-16 of Latin letters is valid UTF-8, full of NULs
            return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return data.decode(_charset(sample, language), "replace")


def _charset(sample: bytes, language: str | None) -> str:
    if b"\x00" not in sample:
        latin = _LATIN_CHARSETS.get((language or "").split("-", maxsplit=1)[0])
        if latin:
            return latin
        special = set(sample.decode(_WESTERN, "replace")) - set(map(chr, range(128)))
        if special <= _WESTERN_CHARACTERS:
            return _WESTERN
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best else _WESTERN
