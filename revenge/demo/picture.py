"""The moving picture of a demo film: its backdrop in a slow pan, a title, a moon and a clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageOps

from revenge.demo.art.lettering import Align, Typeface, draw_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revenge.demo.film import Clip

OVERSCAN = 1.15


def moving_picture(backdrop: Image.Image, clip: Clip, *, title: str) -> Iterator[Image.Image]:
    """Every frame of the clip, in RGB and at the video's size."""
    width, height = clip.video.width, clip.video.height
    size = (round(width * OVERSCAN), round(height * OVERSCAN))
    scenery = ImageOps.fit(backdrop, size, centering=(0.75, 0.5))
    caption = _caption(width, height, title, clip.label)
    count = clip.seconds * clip.video.frame_rate
    for index in range(count):
        share = index / count
        pan = round((scenery.width - width) * share)
        tilt = round((scenery.height - height) * (0.5 - 0.5 * math.cos(math.pi * share)))
        frame = scenery.crop((pan, tilt, pan + width, tilt + height))
        _draw_moon(frame, share)
        frame.paste(caption, (0, height - caption.height), caption)
        _draw_clock(frame, index, clip.video.frame_rate)
        yield frame


def _caption(width: int, height: int, title: str, label: str) -> Image.Image:
    """A strip for the lower edge: darkening downwards, with the title and the label."""
    strip = Image.new("RGBA", (width, height // 4), "#000000")
    strip.putalpha(
        Image.linear_gradient("L").resize(strip.size).point([v * 3 // 4 for v in range(256)])
    )
    pen, baseline = ImageDraw.Draw(strip), strip.height * 0.72
    face = Typeface(height * 0.07, "#ffffff", tracking=0.04)
    draw_text(pen, (width * 0.05, baseline), title, face)
    small = Typeface(height * 0.04, "#ffffffcc", tracking=0.12)
    draw_text(pen, (width * 0.95, baseline), label.upper(), small, align=Align.RIGHT)
    return strip


def _draw_moon(frame: Image.Image, share: float) -> None:
    x, radius = frame.width * (0.06 + 0.5 * share), frame.height * 0.035
    y = frame.height * (0.34 - 0.16 * math.sin(math.pi * share))
    pen = ImageDraw.Draw(frame, "RGBA")
    pen.ellipse(
        (x - radius * 1.8, y - radius * 1.8, x + radius * 1.8, y + radius * 1.8), "#ffffff30"
    )
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), "#fff6dcf0")
    pen.rectangle(
        (0, frame.height - frame.height // 90, frame.width * share, frame.height), "#ffffffb0"
    )


def _draw_clock(frame: Image.Image, index: int, frame_rate: int) -> None:
    second, part = divmod(index, frame_rate)
    face = Typeface(frame.height * 0.05, "#ffffff", tracking=0.08)
    at = (frame.width * 0.95, frame.height * 0.1)
    pen = ImageDraw.Draw(frame, "RGBA")
    box = (
        at[0] - face.size * 5.1,
        at[1] - face.size,
        at[0] + face.size * 0.3,
        at[1] + face.size * 0.28,
    )
    pen.rounded_rectangle(box, radius=face.size * 0.25, fill="#00000070")
    draw_text(pen, at, f"{second // 60:02}:{second % 60:02}:{part:02}", face, align=Align.RIGHT)
