"""Scenes of air and space. Each paints a whole canvas, its subject at `focus` of the width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from revenge.demo.art.canvas import Canvas, Point


def clouds(canvas: Canvas, focus: float) -> None:
    """Clouds with the tints and contour lines of a relief map, and a surveyor's balloon."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    canvas.gradient((0, "#174a63"), (0.4, "#5fa3a3"), (0.75, "#f3c9a0"), (1, "#f08f72"))
    for line in range(1, 12):
        at = line * 160 * unit
        canvas.pen.line((at, 0, at, height), fill="#ffffff1c", width=round(1.5 * unit))
        canvas.pen.line((0, at, width, at), fill="#ffffff1c", width=round(1.5 * unit))
    canvas.glow((focus * width, 0.7 * height), 700 * unit, "#ffe2b8", 0.6)
    for across, down, size in (
        (-0.42, 0.36, 0.7),
        (0.36, 0.31, 0.5),
        (0.3, 0.57, 1.0),
        (-0.3, 0.7, 1.3),
        (0.42, 0.86, 1.5),
    ):
        centre = ((focus + across * min(1, height / width)) * width, down * height)
        _cloud(canvas, centre, size * unit)
    _balloon(canvas, (focus * width, 0.36 * height))


def _cloud(canvas: Canvas, centre: Point, scale: float) -> None:
    puffs = (
        (-190, 10, 80),
        (-95, -45, 118),
        (35, -80, 140),
        (155, -20, 104),
        (240, 25, 66),
        (20, 20, 120),
    )
    tints = ("#f3ddc6", "#f8e8d5", "#fcf1e3", "#fff8ee", "#ffffff")
    for level, tint in enumerate(tints):
        shrink = 22 * level
        for color, inset in (("#c98f7a", 0.0), (tint, 2.6)):
            for dx, dy, radius in puffs:
                if radius > shrink + 8:
                    puff = (centre[0] + dx * scale, centre[1] + (dy + 3 * level) * scale)
                    canvas.disc(puff, (radius - shrink - inset) * scale, color)


def _balloon(canvas: Canvas, centre: Point) -> None:
    unit, pen, (x, y) = canvas.unit, canvas.pen, centre
    basket = y + 190 * unit
    for side in (-1, 1):
        line = (x + side * 70 * unit, y + 78 * unit, x + side * 20 * unit, basket)
        pen.line(line, fill="#3b2430", width=round(3 * unit))
    pen.polygon(
        [
            (x - 88 * unit, y + 58 * unit),
            (x + 88 * unit, y + 58 * unit),
            (x + 30 * unit, y + 132 * unit),
            (x - 30 * unit, y + 132 * unit),
        ],
        fill="#8e2f3c",
    )
    canvas.sphere((x, y), 108 * unit, "#f4664a", "#8e2f3c")
    for half in (66, 24):
        box = (x - half * unit, y - 107 * unit, x + half * unit, y + 107 * unit)
        pen.ellipse(box, outline="#ffe6c2cc", width=round(5 * unit))
    pen.rounded_rectangle(
        (x - 27 * unit, basket, x + 27 * unit, basket + 38 * unit), radius=7 * unit, fill="#3b2430"
    )


def orbits(canvas: Canvas, focus: float) -> None:
    """A ringed planet, and a cup of tea that left its table."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    planet = (focus * width, 0.44 * height)
    canvas.gradient((0, "#070a1f"), (0.55, "#15163d"), (1, "#3b1c4f"))
    canvas.glow((planet[0] - 260 * unit, planet[1] + 330 * unit), 760 * unit, "#6a3fb0", 0.5)
    canvas.stars(420)
    for reach in (430, 560, 700):
        canvas.ring(planet, reach * unit, 1.6 * unit, "#ffffff30", flatness=0.36)
    _ring_half(canvas, planet, 180, 360)
    canvas.glow(planet, 420 * unit, "#ff9a76", 0.55)
    canvas.sphere(planet, 205 * unit, "#ffc39a", "#a52d56")
    _ring_half(canvas, planet, 0, 180)
    canvas.sphere((planet[0] + 395 * unit, planet[1] - 105 * unit), 26 * unit, "#d8f3f0", "#3d7f94")
    canvas.sphere((planet[0] - 500 * unit, planet[1] + 90 * unit), 16 * unit, "#ffe9bf", "#b7824b")
    _teacup(canvas, (planet[0] + 30 * unit, planet[1] + 425 * unit))


def _ring_half(canvas: Canvas, centre: Point, start: int, end: int) -> None:
    (x, y), unit = centre, canvas.unit
    for reach, color in ((345, "#ffd9a8"), (318, "#e58a6f"), (296, "#ffe9cf")):
        across, down = reach * unit, reach * 0.3 * unit
        box = (x - across, y - down, x + across, y + down)
        canvas.pen.arc(box, start, end, fill=color, width=round(13 * unit))


def _teacup(canvas: Canvas, centre: Point) -> None:
    (x, y), unit, pen = centre, canvas.unit, canvas.pen
    canvas.ring((x + 84 * unit, y + 26 * unit), 34 * unit, 12 * unit, "#f4efe6")
    bowl = (x - 88 * unit, y - 92 * unit, x + 88 * unit, y + 112 * unit)
    pen.pieslice(bowl, 0, 180, fill="#f4efe6")
    pen.pieslice(bowl, 0, 66, fill="#bdb3c9")
    pen.ellipse((x - 88 * unit, y - 8 * unit, x + 88 * unit, y + 28 * unit), fill="#ffffff")
    pen.ellipse((x - 74 * unit, y - 2 * unit, x + 74 * unit, y + 22 * unit), fill="#8c4a2f")
    for dx, dy, radius in (
        (-34, -34, 17),
        (10, -66, 24),
        (46, -30, 11),
        (-8, -118, 13),
        (34, -146, 8),
    ):
        canvas.sphere((x + dx * unit, y + dy * unit), radius * unit, "#e59a5c", "#7a3d26")


def apple(canvas: Canvas, focus: float) -> None:
    """An apple that falls upwards from a very small planet."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    fruit, ground = (focus * width, 0.36 * height), 0.82 * height
    canvas.gradient((0, "#f9efdc"), (0.5, "#fbd9b4"), (1, "#ee8f77"))
    for reach in (300, 430, 560, 700):
        canvas.ring(fruit, reach * unit, 1.8 * unit, "#b0503f55", flatness=0.36)
    canvas.glow(fruit, 420 * unit, "#fffdf4", 0.9)
    for step in range(13):
        dot = (fruit[0], fruit[1] + (185 + 30 * step) * unit)
        canvas.disc(dot, (7 - step * 0.35) * unit, "#8a2a2f")
    canvas.sphere((fruit[0] - 34 * unit, fruit[1]), 118 * unit, "#f2705a", "#8c1f33")
    canvas.sphere((fruit[0] + 34 * unit, fruit[1]), 118 * unit, "#ee5a4a", "#7c1a30")
    stem = [(fruit[0], fruit[1] - 92 * unit), (fruit[0] + 14 * unit, fruit[1] - 156 * unit)]
    canvas.stroke(stem, 11 * unit, "#4a2a20")
    leaf = (
        fruit[0] + 14 * unit,
        fruit[1] - 172 * unit,
        fruit[0] + 112 * unit,
        fruit[1] - 76 * unit,
    )
    canvas.pen.chord(leaf, 190, 325, fill="#3f7d4e")
    canvas.sphere((fruit[0], ground + 520 * unit), 520 * unit, "#3a7f86", "#132b4a")
    _house(canvas, fruit[0] + 150 * unit, ground + 24 * unit)
    for dx, dy in ((-210, 48), (-165, 30), (-250, 66)):
        _tree(canvas, fruit[0] + dx * unit, ground + dy * unit)


def _house(canvas: Canvas, x: float, foot: float) -> None:
    unit, pen = canvas.unit, canvas.pen
    top = foot - 62 * unit
    pen.rectangle((x - 36 * unit, top, x + 36 * unit, foot + 20 * unit), fill="#fff4df")
    roof = [(x - 50 * unit, top), (x, top - 48 * unit), (x + 50 * unit, top)]
    pen.polygon(roof, fill="#c9473d")
    pen.rectangle((x - 8 * unit, top + 20 * unit, x + 12 * unit, foot + 20 * unit), fill="#132b4a")


def _tree(canvas: Canvas, x: float, foot: float) -> None:
    unit = canvas.unit
    canvas.stroke([(x, foot + 12 * unit), (x, foot - 40 * unit)], 6 * unit, "#1d2f3d")
    canvas.pen.ellipse(
        (x - 20 * unit, foot - 104 * unit, x + 20 * unit, foot - 20 * unit), fill="#255f5b"
    )


def rain(canvas: Canvas, focus: float) -> None:
    """One yellow umbrella in a great deal of rain."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    canvas.gradient((0, "#121c2b"), (0.45, "#31506a"), (0.78, "#84a7ad"), (1, "#3c5c6e"))
    canvas.glow((focus * width, 0.5 * height), 640 * unit, "#d6e6df", 0.5)
    _drizzle(canvas, 240)
    for _ in range(46):
        x, depth = canvas.random.uniform(0, width), canvas.random.random()
        centre = (x, (0.79 + 0.2 * depth) * height)
        for share in (1, 0.55):
            reach = (22 + 70 * depth) * share * unit
            canvas.ring(centre, reach, 2 * unit, "#e9f4f26a", flatness=0.24)
    _umbrella(canvas, (focus * width, 0.54 * height))
    _drizzle(canvas, 36)


def _drizzle(canvas: Canvas, count: int) -> None:
    unit = canvas.unit
    for _ in range(count):
        x, y = canvas.random.uniform(0, 1.2) * canvas.width, canvas.random.random() * canvas.height
        length, alpha = canvas.random.uniform(30, 150) * unit, canvas.random.randint(40, 130)
        end = (x - 0.24 * length, y + length)
        thickness = round(canvas.random.choice((1.5, 2, 3)) * unit)
        canvas.pen.line(((x, y), end), fill=f"#e6f2f2{alpha:02x}", width=thickness)


def _umbrella(canvas: Canvas, centre: Point) -> None:
    (x, y), unit, pen, reach = centre, canvas.unit, canvas.pen, 250 * canvas.unit
    pen.ellipse((x - 210 * unit, y + 452 * unit, x + 210 * unit, y + 492 * unit), fill="#0d182466")
    canvas.stroke([(x, y - reach - 26 * unit), (x, y + 250 * unit)], 9 * unit, "#14202d")
    pen.arc(
        (x - 62 * unit, y + 216 * unit, x + 4.5 * unit, y + 284 * unit),
        0,
        180,
        fill="#14202d",
        width=round(9 * unit),
    )
    points: list[Point] = [
        (x + reach * math.cos(a / 60 * math.pi), y - reach * math.sin(a / 60 * math.pi))
        for a in range(61)
    ]
    for scallop in range(4):
        middle, half = x - reach + (scallop + 0.5) * reach / 2, reach / 4
        points += [
            (middle - half * math.cos(a / 15 * math.pi), y - 46 * unit * math.sin(a / 15 * math.pi))
            for a in range(16)
        ]
    pen.polygon(points, fill="#f7c32e")
    shade = [point for point in points if point[0] >= x + 0.35 * (y - point[1]) - 2 * unit]
    pen.polygon(shade, fill="#d99a1cb0")
    for bend in (0.5, 0.0):
        box = (x - reach * bend, y - reach, x + reach * bend, y + reach)
        pen.arc(box, 180, 360, fill="#b97a12", width=round(4 * unit))
