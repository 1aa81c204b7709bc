"""Dialogue as timed cues, in the text formats of subtitle files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revenge.demo.film import CaptionFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

# FFmpeg's own defaults: its SubRip encoder writes a tag for every style that differs from them.
ASS_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,\
0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class Cue:
    """Times in milliseconds; `text` may hold line feeds."""

    start: int
    end: int
    text: str


def cues(lines: Sequence[str], *, seconds: int) -> list[Cue]:
    """Spread lines evenly over a film, with a pause after each."""
    slot = seconds * 1000 // len(lines)
    return [
        Cue(slot * index + slot // 10, slot * (index + 1) - slot // 10, line)
        for index, line in enumerate(lines)
    ]


def write_captions(dialogue: Sequence[Cue], caption_format: CaptionFormat) -> str:
    """The text of a whole subtitle file."""
    match caption_format:
        case CaptionFormat.SRT:
            return "\n".join(_srt(number, cue) for number, cue in enumerate(dialogue, 1))
        case CaptionFormat.VTT:
            return "\n".join(("WEBVTT\n", *map(_vtt, dialogue)))
        case CaptionFormat.ASS:
            return ASS_HEADER + "".join(map(_ass, dialogue))


def ass_event(order: int, text: str) -> bytes:
    """One event as FFmpeg's subtitle encoders read it: numbered, and without its times."""
    return f"{order},0,Default,,0,0,0,,{_ass_text(text)}".encode()


def _srt(number: int, cue: Cue) -> str:
    return f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{cue.text}\n"


def _vtt(cue: Cue) -> str:
    return f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{cue.text}\n"


def _ass(cue: Cue) -> str:
    start, end = (_clock(time, ".")[1:-1] for time in (cue.start, cue.end))
    return f"Dialogue: 0,{start},{end},Default,,0,0,0,,{_ass_text(cue.text)}\n"


def _ass_text(text: str) -> str:
    return text.replace("\n", r"\N")


def _clock(milliseconds: int, separator: str) -> str:
    """hh:mm:ss and three decimals."""
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{separator}{fraction:03}"
