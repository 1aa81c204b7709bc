"""Posters and backdrops: a scene, and on posters the lettering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revenge.demo.art import landscapes, papercuts, skies
from revenge.demo.art.canvas import Canvas
from revenge.demo.art.lettering import Align, Typeface, draw_text, text_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

POSTER_SIZE = (1000, 1500)
BACKDROP_SIZE = (1920, 1080)
MARGIN = 0.08


@dataclass(frozen=True, slots=True)
class Design:
    """`top` is where the title block begins, `footer` the baseline of the byline (0 to 1 of the
    height); `measure` is the share of the width that the longest line of the title fills; with
    `justified` every line fills it."""

    scene: Callable[[Canvas, float], None]
    title: tuple[str, ...]
    top: float
    ink: str
    tracking: float = 0.04
    weight: float = 0.0
    measure: float = 1 - 2 * MARGIN
    align: Align = Align.CENTRE
    justified: bool = False
    footer: float = 0.968
    footer_ink: str | None = None


DESIGNS = {
    "lighthouse": Design(
        landscapes.lighthouse,
        ("The Lighthouse", "Accountant"),
        0.8,
        "#16324a",
        tracking=0.01,
        weight=0.012,
    ),
    "moonlight": Design(
        landscapes.rooftops,
        ("MOONLIGHT", "FOR RENT"),
        0.055,
        "#fff1d6",
        tracking=0.22,
        measure=0.72,
    ),
    "train": Design(
        papercuts.night_train,
        ("Ein Zug nach", "Übermorgen"),
        0.765,
        "#f3e8d2",
        tracking=0.02,
        weight=0.022,
        align=Align.LEFT,
    ),
    "coffee": Design(
        landscapes.coffee_sea,
        ("KŌHĪ", "NO UMI"),
        0.075,
        "#3c1d0f",
        tracking=0.3,
        measure=0.5,
        footer=0.045,
    ),
    "clouds": Design(
        skies.clouds,
        ("THE", "CARTOGRAPHER", "OF CLOUDS"),
        0.06,
        "#fff8ee",
        tracking=0.14,
        measure=0.72,
    ),
    "gravity": Design(
        skies.orbits, ("GRAVITY", "IS A SUGGESTION"), 0.07, "#ffe6cf", tracking=0.2, justified=True
    ),
    "gravity_two": Design(
        skies.apple,
        ("GRAVITY", "IS STILL A SUGGESTION"),
        0.07,
        "#5c1a2c",
        tracking=0.2,
        justified=True,
        footer_ink="#f9e6cf",
    ),
    "getaway": Design(
        papercuts.getaway,
        ("The Slowest", "Getaway"),
        0.775,
        "#f6d27a",
        tracking=0.03,
        weight=0.03,
        measure=0.7,
    ),
    "rain": Design(
        skies.rain,
        ("a brief", "history", "of rain"),
        0.055,
        "#eef5f3",
        tracking=0.0,
        measure=0.36,
        align=Align.LEFT,
    ),
    "elevator": Design(
        papercuts.elevator,
        ("WALTZ FOR A", "BROKEN", "ELEVATOR"),
        0.615,
        "#f6ead2",
        tracking=0.03,
        weight=0.028,
        measure=0.56,
        justified=True,
        align=Align.LEFT,
        footer_ink="#16120f",
    ),
    "museum": Design(
        papercuts.museum,
        ("Midnight at the Museum", "of Lost Socks"),
        0.83,
        "#ffe3b3",
        tracking=0.02,
        weight=0.01,
    ),
    "summer": Design(landscapes.summer, ("SEVENTEEN MINUTES", "OF SUMMER"), 0.07, "#fffbe8"),
}


def paint_backdrop(design: Design) -> Image.Image:
    """1920 x 1080, the subject right of the middle so that text may lie on the left."""
    canvas = Canvas(BACKDROP_SIZE, seed=len(design.title[0]))
    design.scene(canvas, 0.68)
    return canvas.finish()


def paint_poster(design: Design, *, byline: str) -> Image.Image:
    """1000 x 1500."""
    canvas = Canvas(POSTER_SIZE, seed=len(design.title[0]))
    design.scene(canvas, 0.5)
    _letter_title(canvas, design)
    ink = design.footer_ink or design.ink
    footer = _fitted(
        byline.upper(), Typeface(size=40, color=ink, tracking=0.28), canvas.width * 0.84
    )
    at = (canvas.width / 2, canvas.height * design.footer)
    draw_text(canvas.pen, at, byline.upper(), footer, align=Align.CENTRE)
    return canvas.finish()


def _letter_title(canvas: Canvas, design: Design) -> None:
    measure = design.measure * canvas.width
    face = Typeface(100, design.ink, design.tracking, design.weight)
    faces = [_scaled(line, face, measure) for line in design.title]
    if not design.justified:
        faces = [min(faces, key=lambda fitted: fitted.size)] * len(faces)
    x = canvas.width * (MARGIN + design.align.value * (1 - 2 * MARGIN))
    baseline = design.top * canvas.height
    for line, fitted in zip(design.title, faces, strict=True):
        baseline += fitted.size * 0.74
        draw_text(canvas.pen, (x, baseline), line, fitted, align=design.align)
        baseline += fitted.size * 0.3


def _scaled(text: str, face: Typeface, measure: float) -> Typeface:
    """The face at the size that makes `text` as wide as `measure`."""
    size = face.size * measure / text_width(text, face)
    return Typeface(size, face.color, face.tracking, face.weight)


def _fitted(text: str, face: Typeface, measure: float) -> Typeface:
    """The face, made smaller if `text` would be wider than `measure`."""
    return _scaled(text, face, measure) if text_width(text, face) > measure else face
