"""Text subtitles as WebVTT that a browser may be given, whatever the file holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pysubs2
from pysubs2.exceptions import Pysubs2Error

from apps.playback.charsets import decode_text

MAX_BYTES: Final = 10 * 1024 * 1024
FORMATS: Final = frozenset(("srt", "ass", "ssa", "vtt"))

_MAX_CUE_CHARACTERS: Final = 4096
_BLANK_LINES: Final = re.compile(r"\n[ \t]*(?=\n[ \t]*\n)")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")
_INLINE_TIMESTAMP: Final = re.compile(r"<[\d:.]+>")
_TOKEN: Final = re.compile(r"\{[^{}]*\}|</?[a-zA-Z][^<>]*>|\\[Nnh]|\n")
_HTML_STYLE: Final = re.compile(r"<(/?)([ibu])(?:[.\s][^<>]*)?>", re.IGNORECASE)
_OVERRIDE: Final = re.compile(r"\\(?:([ibu])(\d+)|(r)|p(\d+))")
_ENTITIES: Final = {
    "&amp;": "&", "&lt;": "<", "&gt;": ">",
    "&nbsp;": "\u00a0", "&lrm;": "\u200e", "&rlm;": "\u200f",
}  # fmt: skip
_ENTITY: Final = re.compile("|".join(_ENTITIES))
_BREAKS: Final = re.compile(r"[ \t]*\n\s*")
_TOP_OF_PICTURE: Final = re.compile(r"\{[^{}]*\\an[789][^{}]*\}")


class SubtitleError(Exception):
    """The subtitle cannot be converted: too large, of another format, or broken."""


@dataclass(frozen=True, slots=True)
class _Cue:
    start: int  # milliseconds
    end: int
    settings: str
    payload: str


def to_webvtt(data: bytes, *, format: str, language: str | None = None) -> str:  # noqa: A002
    """A subtitle file of a `FORMATS` format as WebVTT with no markup but i, b and u.

    ``language``, a BCP 47 tag, helps to read a file that is no UTF-8. Cues are sorted by their
    start, empty ones and drawings are left out, text at the top of the picture stays there.
    SubtitleError when the file is larger than `MAX_BYTES` or has no cue.
    """
    if format not in FORMATS:
        msg = f"no text subtitle format: {format!r}"
        raise SubtitleError(msg)
    if len(data) > MAX_BYTES:
        msg = f"the subtitle has {len(data)} bytes, more than {MAX_BYTES}"
        raise SubtitleError(msg)
    cues = sorted(
        _cues(_parse(decode_text(data, language=language), format)),
        key=lambda cue: (cue.start, cue.end),
    )
    if not cues:
        raise SubtitleError("the subtitle has no text")
    blocks = (
        f"{_timestamp(cue.start)} --> {_timestamp(cue.end)}{cue.settings}\n{cue.payload}\n"
        for cue in cues
    )
    return "WEBVTT\n\n" + "\n".join(blocks)


def _parse(text: str, subtitle_format: str) -> pysubs2.SSAFile:
    """The file's events. Blank lines are thinned out first, on which the parser is quadratic."""
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BLANK_LINES.sub("", text)
    if subtitle_format == "vtt":
        text = _INLINE_TIMESTAMP.sub("", text)
    options = {"keep_html_tags": True} if subtitle_format in {"srt", "vtt"} else {}
    try:
        return pysubs2.SSAFile.from_string(text, format_=subtitle_format, **options)
    except (Pysubs2Error, ValueError, LookupError, OverflowError) as error:
        msg = f"the subtitle is broken: {error}"
        raise SubtitleError(msg) from error


def _cues(subtitles: pysubs2.SSAFile) -> Iterator[_Cue]:
    is_html = subtitles.format in {"srt", "vtt"}
    for event in subtitles:
        start, end = max(event.start, 0), event.end
        if event.is_comment or end <= start:
            continue
        style = subtitles.styles.get(event.style, pysubs2.SSAStyle.DEFAULT_STYLE)
        text = event.text[:_MAX_CUE_CHARACTERS]
        if subtitles.format == "vtt":
            text = text.split(r"\N\N", maxsplit=1)[0]  # what follows is the next block's head
        if payload := _payload(text, _styled(style), is_html=is_html):
            settings = " line:5%" if _TOP_OF_PICTURE.search(text) else ""
            yield _Cue(start, end, settings, payload)


def _styled(style: pysubs2.SSAStyle) -> frozenset[str]:
    flags = (("i", style.italic), ("b", style.bold), ("u", style.underline))
    return frozenset(name for name, is_set in flags if is_set)


def _payload(text: str, style: frozenset[str], *, is_html: bool) -> str:
    """A cue's text, escaped, with well-nested i, b and u around its stretches."""
    pieces: list[str] = []
    active, is_drawing, position = set(style), False, 0
    for token in [*_TOKEN.finditer(text), None]:
        stretch = text[position : token.start() if token else None]
        if stretch and not is_drawing:
            pieces.append(_marked(stretch, active, is_html=is_html))
        if token is None:
            break
        position = token.end()
        if token[0] in {"\\N", "\\n", "\n"}:
            pieces.append("\n")
        elif token[0] == "\\h":
            pieces.append("\u00a0")
        elif token[0].startswith("{"):
            is_drawing = _override(token[0], active, style, is_drawing=is_drawing)
        else:
            _html_style(token[0], active)
    return _BREAKS.sub("\n", "".join(pieces).strip())


def _marked(stretch: str, active: set[str], *, is_html: bool) -> str:
    if is_html:
        stretch = _ENTITY.sub(lambda entity: _ENTITIES[entity[0]], stretch)
    escaped = stretch.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not escaped.strip():
        return escaped
    for name in sorted(active):
        escaped = f"<{name}>{escaped}</{name}>"
    return escaped


def _override(block: str, active: set[str], style: frozenset[str], *, is_drawing: bool) -> bool:
    """Apply an ASS override block to ``active``; whether drawing commands follow it."""
    for name, value, reset, drawing in _OVERRIDE.findall(block):
        if reset:
            active.clear()
            active.update(style)
        elif drawing:
            is_drawing = int(drawing) > 0
        elif int(value):
            active.add(name)
        else:
            active.discard(name)
    return is_drawing


def _html_style(tag: str, active: set[str]) -> None:
    if match := _HTML_STYLE.fullmatch(tag):
        (active.discard if match[1] else active.add)(match[2].lower())


def _timestamp(milliseconds: int) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}.{fraction:03d}"
