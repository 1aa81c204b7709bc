"""Tracked capitals in the one typeface that Pillow brings along.

That face holds ASCII only, so accents are drawn on top of their letters.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import ImageDraw

    from revenge.demo.art.canvas import Point

DIAERESIS, MACRON, ACUTE = "\u0308", "\u0304", "\u0301"


class Align(Enum):
    """The part of the line that its x names; the value is the share of the width left of it."""

    LEFT = 0.0
    CENTRE = 0.5
    RIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Typeface:
    """Lengths in em except `size` (pixels); `weight` thickens the strokes."""

    size: float
    color: str
    tracking: float = 0.0
    weight: float = 0.0


def text_width(text: str, face: Typeface) -> float:
    """Pixels from the first letter to the end of the last one."""
    glyphs = [glyph for glyph, _marks in _glyphs(text)]
    advance = sum(_font(face.size).getlength(glyph) for glyph in glyphs)
    return advance + face.tracking * face.size * max(0, len(glyphs) - 1)


def draw_text(
    pen: ImageDraw.ImageDraw, at: Point, text: str, face: Typeface, *, align: Align = Align.LEFT
) -> None:
    """Draw one line whose baseline is at `at`."""
    font = _font(face.size)
    x, baseline = at[0] - align.value * text_width(text, face), at[1]
    stroke = face.weight * face.size
    for glyph, marks in _glyphs(text):
        pen.text((x, baseline), glyph, fill=face.color, font=font, anchor="ls", stroke_width=stroke)
        _left, top, _right, _bottom = font.getbbox(glyph, anchor="ls")
        middle = x + font.getlength(glyph) / 2
        for mark in marks:
            _draw_mark(pen, (middle, baseline + top - 0.13 * face.size), mark, face)
        x += font.getlength(glyph) + face.tracking * face.size


@functools.lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow is built without FreeType")
    return font


def _glyphs(text: str) -> Iterator[tuple[str, str]]:
    """Every base letter with its combining marks."""
    letters = unicodedata.normalize("NFD", text)
    start = 0
    for end in range(1, len(letters) + 1):
        if end == len(letters) or not unicodedata.combining(letters[end]):
            yield letters[start], letters[start + 1 : end]
            start = end


def _draw_mark(pen: ImageDraw.ImageDraw, at: Point, mark: str, face: Typeface) -> None:
    (x, y), em = at, face.size
    thickness = (0.045 + face.weight) * em
    if mark == DIAERESIS:
        radius = thickness * 1.15
        for side in (-0.13, 0.13):
            centre = x + side * em
            pen.ellipse((centre - radius, y - radius, centre + radius, y + radius), fill=face.color)
    elif mark == MACRON:
        pen.rectangle((x - 0.2 * em, y - thickness, x + 0.2 * em, y + thickness), fill=face.color)
    elif mark == ACUTE:
        slant = ((x - 0.07 * em, y + 0.05 * em), (x + 0.1 * em, y - 0.08 * em))
        pen.line(slant, fill=face.color, width=max(1, round(thickness * 2)))
    else:
        message = f"no drawing for the mark {unicodedata.name(mark)}"
        raise ValueError(message)
