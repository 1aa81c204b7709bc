"""Flat, cut-paper scenes. Each paints a whole canvas, its subject at `focus` of the width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from revenge.demo.art.canvas import Canvas, Point


def night_train(canvas: Canvas, focus: float) -> None:
    """A train climbs across a station clock that shows no sensible time."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    clock = (focus * width, 0.36 * height)
    canvas.gradient((0, "#f3e8d2"), (1, "#ead7b6"))
    canvas.disc(clock, 310 * unit, "#d63b2a")
    for tick in range(13):
        angle = math.tau * tick / 13
        ends = [_polar(clock, reach * unit, angle) for reach in (250, 284)]
        canvas.stroke(ends, 9 * unit, "#f8efdd")
    canvas.stroke([clock, _polar(clock, 150 * unit, -1.9)], 16 * unit, "#f8efdd")
    canvas.stroke([clock, _polar(clock, 225 * unit, -0.9)], 11 * unit, "#f8efdd")
    canvas.disc(clock, 20 * unit, "#f8efdd")
    track = _frame((clock[0], clock[1] + 330 * unit), -0.36, unit)
    canvas.pen.polygon(track((-3000, 0), (3000, 0), (3000, 4000), (-3000, 4000)), fill="#17304a")
    for stripe, color in ((26, "#ead7b6"), (52, "#2f6f86"), (100, "#e8a33d")):
        canvas.pen.polygon(
            track((-3000, stripe), (3000, stripe), (3000, stripe + 9), (-3000, stripe + 9)),
            fill=color,
        )
    _train(canvas, track)


def _polar(centre: Point, reach: float, angle: float) -> Point:
    return centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)


def _frame(origin: Point, angle: float, unit: float) -> Callable[..., list[Point]]:
    """A function from local coordinates (in units, along and across `angle`) to the canvas."""
    cos, sin = math.cos(angle) * unit, math.sin(angle) * unit

    def place(*points: Point) -> list[Point]:
        return [(origin[0] + x * cos - y * sin, origin[1] + x * sin + y * cos) for x, y in points]

    return place


def _train(canvas: Canvas, track: Callable[..., list[Point]]) -> None:
    pen = canvas.pen
    pen.polygon(track((-1900, -84), (300, -84), (300, -24), (-1900, -24)), fill="#101d2c")
    for start, end in ((-1900, -1010), (-990, -110), (-90, 330)):
        nose = end == 330
        body = [
            (start, -118),
            (end - (90 if nose else 0), -118),
            (end, -40 if nose else -118),
            (end, -14),
            (start, -14),
        ]
        pen.polygon(track(*body), fill="#101d2c")
        pen.polygon(track((start, -46), (end, -46), (end, -36), (start, -36)), fill="#d63b2a")
        for window in range(start + 30, end - 110, 74):
            box = track((window, -96), (window + 46, -96), (window + 46, -62), (window, -62))
            pen.polygon(box, fill="#ffd98a")
        for wheel in range(start + 60, end - 20, 120):
            canvas.disc(track((wheel, -12))[0], 17 * canvas.unit, "#101d2c")
    pen.polygon(track((268, -98), (302, -66), (240, -66), (240, -98)), fill="#bfe3e6")
    canvas.glow(track((330, -30))[0], 120 * canvas.unit, "#fff0c0", 0.9)


def getaway(canvas: Canvas, focus: float) -> None:
    """A milk float flees at walking pace below a rainbow of the seventies."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    x, road = focus * width, 0.71 * height
    canvas.gradient((0, "#f6e4bd"), (1, "#f0d39b"))
    bands = ("#5b2a1b", "#b5431f", "#e2752a", "#f0a93a", "#f6d27a", "#2f7a78")
    for index, color in enumerate(bands):
        reach = (430 - 50 * index) * unit
        canvas.disc((x, 0.48 * height), reach, color)
        canvas.pen.rectangle((x - reach, 0.48 * height, x + reach, road), fill=color)
    inner = 130 * unit
    canvas.disc((x, 0.48 * height), inner, "#f6e4bd")
    canvas.pen.rectangle((x - inner, 0.48 * height, x + inner, road), fill="#f6e4bd")
    canvas.pen.rectangle((0, road, width, height), fill="#5b2a1b")
    for dash in range(int(width / (150 * unit)) + 1):
        left = dash * 150 * unit
        line = (left, road + 66 * unit, left + 84 * unit, road + 76 * unit)
        canvas.pen.rounded_rectangle(line, radius=5 * unit, fill="#f0a93a")
    _milk_float(canvas, x, road + 18 * unit)


def _milk_float(canvas: Canvas, x: float, ground: float) -> None:
    unit, pen = canvas.unit, canvas.pen

    def box(  # noqa: PLR0917 - four edges in the usual order
        left: float, top: float, right: float, bottom: float, color: str, corner: float = 0
    ) -> None:
        edges = (x + left * unit, ground + top * unit, x + right * unit, ground + bottom * unit)
        pen.rounded_rectangle(edges, radius=corner * unit, fill=color)

    box(-190, -186, 190, -164, "#2b1a14", 8)
    box(84, -170, 190, -34, "#fdf3dc", 14)
    box(108, -146, 178, -92, "#7fb9b4", 8)
    box(-190, -66, 190, -30, "#fdf3dc", 10)
    box(-190, -48, 190, -38, "#b5431f")
    for post in (-186, -54, 76):
        box(post, -170, post + 8, -60, "#2b1a14")
    for bottle in range(7):
        left = -168 + bottle * 34
        box(left, -116, left + 22, -66, "#ffffff", 6)
        box(left + 6, -134, left + 16, -112, "#ffffff", 3)
        box(left + 5, -138, left + 17, -130, "#2f7a78", 2)
    for wheel in (-120, 124):
        centre = (x + wheel * unit, ground - 24 * unit)
        canvas.disc(centre, 34 * unit, "#2b1a14")
        canvas.disc(centre, 15 * unit, "#f0a93a")
    for puff, size in ((-226, 17), (-262, 12), (-290, 8)):
        canvas.disc((x + puff * unit, ground - (30 + size) * unit), size * unit, "#fdf3dc")


def elevator(canvas: Canvas, focus: float) -> None:
    """Two dancers in a crooked lift, between black shaft and piano keys."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    x, pen = focus * width, canvas.pen
    canvas.gradient((0, "#e5562c"), (1, "#d94522"))
    pen.polygon(
        [(0, 0), (0.34 * width, 0), (0.22 * width, 0.3 * height), (0, 0.36 * height)],
        fill="#1f7a78",
    )
    pen.polygon(
        [
            (width, 0.5 * height),
            (width, 0.93 * height),
            (0.7 * width, 0.88 * height),
            (0.8 * width, 0.56 * height),
        ],
        fill="#f2b233",
    )
    shaft = [
        (x - 215 * unit, -10),
        (x + 180 * unit, -10),
        (x + 232 * unit, height),
        (x - 188 * unit, height),
    ]
    pen.polygon(shaft, fill="#16120f")
    cabin = _frame((x, 0.39 * height), -0.09, unit)
    for cable in (-26, 0, 26):
        pen.line(
            [(x + cable * 0.7 * unit, 0), cabin((cable, -240))[0]],
            fill="#f6ead2",
            width=round(4 * unit),
        )
    pen.polygon(cabin((-172, -236), (160, -246), (176, 236), (-164, 244)), fill="#f2b233")
    pen.polygon(cabin((-140, -196), (130, -204), (144, 204), (-134, 210)), fill="#f6ead2")
    pen.polygon(cabin((-134, 168), (142, 160), (144, 204), (-134, 210)), fill="#1f7a78")
    _dancers(canvas, cabin)
    _keys(canvas, 0.92 * height)


def _dancers(canvas: Canvas, cabin: Callable[..., list[Point]]) -> None:
    unit, pen = canvas.unit, canvas.pen
    gown = cabin((34, -64), (66, -62), (76, 30), (128, 170), (6, 178), (30, 30))
    suit = cabin(
        (-60, -80),
        (-14, -84),
        (-6, 40),
        (-4, 176),
        (-38, 176),
        (-44, 60),
        (-66, 176),
        (-98, 174),
        (-72, 30),
    )
    pen.polygon(gown, fill="#e5562c")
    pen.polygon(suit, fill="#16120f")
    canvas.disc(cabin((-34, -122))[0], 32 * unit, "#16120f")
    canvas.disc(cabin((50, -102))[0], 27 * unit, "#e5562c")
    canvas.disc(cabin((68, -122))[0], 14 * unit, "#e5562c")
    canvas.stroke(cabin((-24, -66), (20, -104), (6, -168)), 15 * unit, "#16120f")
    canvas.stroke(cabin((44, -52), (30, -104), (6, -168)), 12 * unit, "#e5562c")
    canvas.stroke(cabin((-50, -40), (0, -10), (44, -14)), 15 * unit, "#16120f")


def _keys(canvas: Canvas, top: float) -> None:
    pen, unit, step = canvas.pen, canvas.unit, 72 * canvas.unit
    pen.rectangle((0, top, canvas.width, canvas.height), fill="#f6ead2")
    for key in range(int(canvas.width / step) + 1):
        x = key * step
        pen.line((x, top, x, canvas.height), fill="#16120f", width=round(3 * unit))
        if key % 7 not in {0, 3}:
            pen.rectangle((x - 20 * unit, top, x + 20 * unit, top + 44 * unit), fill="#16120f")
    pen.rectangle((0, top - 8 * unit, canvas.width, top), fill="#16120f")


def museum(canvas: Canvas, focus: float) -> None:
    """A striped sock floats, floodlit, above a museum at night."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    x, floor = focus * width, 0.74 * height
    canvas.gradient(
        (0, "#160c2c"), (0.5, "#4a1f5e"), (0.85, "#b54a6a"), (1, "#f0995f"), bottom=0.75
    )
    canvas.stars(260, bottom=0.6, color="#ffe9c4")
    canvas.glow((x, floor - 580 * unit), 520 * unit, "#ffcf8a", 0.7)
    for side in (-1, 1):
        lamp = (x + side * 400 * unit, floor)
        target = [(x + side * spread * unit, -0.05 * height) for spread in (40, -330)]
        canvas.pen.polygon([lamp, *target], fill="#ffe7b824")
    _sock(canvas, (x - 40 * unit, floor - 850 * unit))
    _facade(canvas, x, floor)


def _sock(canvas: Canvas, top: Point) -> None:
    unit = canvas.unit
    x, y = top

    def at(*points: Point) -> list[Point]:
        return [(x + dx * unit, y + dy * unit) for dx, dy in points]

    canvas.stroke(at((20, 60), (20, 330), (40, 368), (175, 410)), 152 * unit, "#f5e6cf")
    stripes: Sequence[tuple[int, str]] = (
        (74, "#d94f4f"),
        (134, "#2f8f8b"),
        (194, "#f2b134"),
        (254, "#d94f4f"),
    )
    for level, color in stripes:
        canvas.pen.rectangle(
            (x - 56 * unit, y + level * unit, x + 96 * unit, y + (level + 30) * unit), fill=color
        )
    canvas.pen.rounded_rectangle(
        (x - 68 * unit, y - 22 * unit, x + 108 * unit, y + 42 * unit),
        radius=18 * unit,
        fill="#d94f4f",
    )
    canvas.disc(at((188, 414))[0], 77 * unit, "#2f8f8b")
    canvas.disc(at((10, 356))[0], 62 * unit, "#f2b134")


def _facade(canvas: Canvas, x: float, floor: float) -> None:
    unit, pen, stone, dark = canvas.unit, canvas.pen, "#2a1238", "#190a24"
    top = floor - 190 * unit
    pen.rectangle((0, floor, canvas.width, canvas.height), fill=dark)
    pen.polygon([(x - 360 * unit, top), (x, top - 120 * unit), (x + 360 * unit, top)], fill=dark)
    pen.polygon(
        [
            (x - 270 * unit, top - 12 * unit),
            (x, top - 98 * unit),
            (x + 270 * unit, top - 12 * unit),
        ],
        fill=stone,
    )
    pen.rectangle((x - 346 * unit, top, x + 346 * unit, top + 26 * unit), fill=dark)
    pen.rectangle((x - 320 * unit, top + 26 * unit, x + 320 * unit, floor), fill="#f2b134")
    pen.rectangle(
        (x - 320 * unit, top + 26 * unit, x + 320 * unit, top + 60 * unit), fill="#d9873a"
    )
    for column in range(7):
        left = x + (-330 + column * 103) * unit
        pen.rectangle((left, top + 26 * unit, left + 42 * unit, floor), fill=dark)
        pen.rectangle((left + 6 * unit, top + 26 * unit, left + 14 * unit, floor), fill="#4a1f5e")
    for step in range(5):
        reach = (380 + 44 * step) * unit
        level = floor + 22 * step * unit
        pen.rectangle(
            (x - reach, level, x + reach, level + 22 * unit), fill=(dark, stone)[step % 2]
        )
    pen.rectangle((0, floor + 110 * unit, canvas.width, canvas.height), fill="#120719")
