"""From the bytes of an NFO file to what they say about a film."""

import codecs
import html
import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # types; defusedxml parses

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.metadata.nfo import elements
from apps.metadata.nfo.types import MovieNfo, NfoError

MAX_BYTES: Final = 1024 * 1024

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION: Final = re.compile(r"<\?xml[^>]*\?>")
# Only text encodings that are decoded in linear time.
_DECLARED_ENCODING: Final = re.compile(
    rb"<\?xml[^>]*encoding\s*=\s*[\"'](utf-?8|iso-?8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]"
    rb"|gb2312|gbk|gb18030|big5|shift_jis|euc-jp|euc-kr)[\"']",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"<(?:!DOCTYPE|movie[\s>/])", re.IGNORECASE)
_OPENING: Final = re.compile(r"<movie[\s>/]")
_CLOSING: Final = "</movie>"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_NAMED_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_ENTITIES: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))

_IMDB_LINK: Final = re.compile(r"\b(tt\d{7,9})\b")
_TMDB_LINK: Final = re.compile(r"themoviedb\.org/movie/(\d{1,9})")


def parse_nfo(data: bytes) -> MovieNfo | None:
    """What an NFO says; None when it speaks of no film (a release group's art, a series).

    Kodi's XML is read, a TMDb or IMDb link outside of it fills in missing ids. NfoError when the
    file is larger than `MAX_BYTES`, defines entities, or is broken XML without a link.
    """
    if len(data) > MAX_BYTES:
        msg = f"the NFO has {len(data)} bytes, more than {MAX_BYTES}"
        raise NfoError(msg)
    content = _decode(data)
    xml, outside = _split(content)
    tmdb, imdb = _TMDB_LINK.search(outside), _IMDB_LINK.search(outside)
    linked = MovieNfo(
        tmdb_id=int(tmdb[1]) if tmdb else None,
        imdb_id=imdb[1] if imdb else None,
    )
    has_link = linked != MovieNfo()
    if xml is None:
        return linked if has_link else None
    root = _parse(xml, may_fail=has_link)
    return elements.movie(root, linked) if root is not None else linked


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    declared = _DECLARED_ENCODING.search(data[:200])
    for encoding in (declared[1].decode("ascii") if declared else "utf-8", "utf-8"):
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _split(content: str) -> tuple[str | None, str]:
    """The first film's XML with what defines its entities, and the text around it."""
    content = _NOT_XML.sub("", _DECLARATION.sub("", content))
    start, opening = _MARKUP.search(content), _OPENING.search(content)
    if not start or not opening:
        return None, content
    end = content.find(_CLOSING, opening.start())
    end = end + len(_CLOSING) if end >= 0 else len(content)
    return content[start.start() : end], f"{content[: start.start()]} {content[end:]}"


def _parse(xml: str, *, may_fail: bool) -> Element | None:
    for candidate in (xml, _repaired(xml)):
        try:
            return fromstring(candidate)
        except DefusedXmlException as error:
            raise NfoError("the NFO defines entities or external content") from error
        except (ParseError, ValueError) as error:
            failure = error
    if may_fail:
        return None
    msg = f"the NFO is no well-formed XML: {failure}"
    raise NfoError(msg) from failure


def _repaired(xml: str) -> str:
    """Hand-written XML with HTML's named characters and bare ampersands made legal."""
    return _BARE_AMPERSAND.sub("&amp;", _NAMED_ENTITY.sub(_character, xml))


def _character(entity: re.Match[str]) -> str:
    return entity[0] if entity[1] in _XML_ENTITIES else html.escape(html.unescape(entity[0]))
