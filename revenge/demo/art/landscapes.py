"""Scenes with a horizon. Each paints a whole canvas, its subject at `focus` of the width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from revenge.demo.art.lettering import Align, Typeface, draw_text

if TYPE_CHECKING:
    from revenge.demo.art.canvas import Canvas


def lighthouse(canvas: Canvas, focus: float) -> None:
    """A lighthouse whose sea is a page of ruled ledger paper."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    x, sea, lamp = focus * width, 0.66 * height, 0.27 * height
    canvas.gradient(
        (0, "#07142b"), (0.45, "#17486a"), (0.8, "#e8935a"), (1, "#f9d79f"), bottom=0.66
    )
    canvas.stars(170, bottom=0.36)
    for side, color in ((-1, "#fff0c02e"), (1, "#fff0c04a")):
        for spread in (110, 65):
            far = x + side * 1.2 * width
            near, wide = lamp - (40 + spread) * unit, lamp + (spread - 20) * unit
            canvas.pen.polygon([(x, lamp), (far, near - 90 * unit), (far, wide)], fill=color)
    canvas.glow((x, lamp), 340 * unit, "#fff1c4", 0.9)
    _ledger(canvas, sea)
    canvas.pen.ellipse(
        (x - 250 * unit, sea - 60 * unit, x + 230 * unit, sea + 90 * unit), fill="#10202f"
    )
    canvas.pen.rectangle((0, sea + 12 * unit, width, sea + 14 * unit), fill="#10202f30")
    _tower(canvas, x, lamp, sea)


def _ledger(canvas: Canvas, top: float) -> None:
    width, height, unit = canvas.width, canvas.height, canvas.unit
    canvas.gradient((0, "#f3e7cb"), (1, "#e6d4ae"), top=top / height)
    figures = Typeface(size=15 * unit, color="#2a4a5f66", tracking=0.12)
    line = 34 * unit
    for number in range(1, int((height - top) / line) + 1):
        row = top + number * line
        canvas.pen.line((0, row, width, row), fill="#4d86a055", width=round(1.6 * unit))
        for column in (0.86, 0.95):
            if number < 6 and canvas.random.random() < 0.8:
                amount = f"{canvas.random.randint(1, 999)}.{canvas.random.randint(0, 99):02d}"
                at = (column * width, row - 8 * unit)
                draw_text(canvas.pen, at, amount, figures, align=Align.RIGHT)
    for offset in (0, 8):
        margin = 0.07 * width + offset * unit
        canvas.pen.line((margin, top, margin, height), fill="#c8402faa", width=round(2 * unit))


def _tower(canvas: Canvas, x: float, lamp: float, foot: float) -> None:
    unit, pen = canvas.unit, canvas.pen
    head, bands = lamp + 44 * unit, 7
    for band in range(bands):
        upper, lower = band / bands, (band + 1) / bands
        top, bottom = head + (foot - head) * upper, head + (foot - head) * lower
        wide_top, wide_bottom = (36 + 32 * upper) * unit, (36 + 32 * lower) * unit
        color, shade = ("#c53b2c", "#7f2430") if band % 2 else ("#f7ecd4", "#b9a892")
        pen.polygon(
            [
                (x - wide_top, top),
                (x + wide_top, top),
                (x + wide_bottom, bottom),
                (x - wide_bottom, bottom),
            ],
            fill=color,
        )
        pen.polygon(
            [
                (x + 0.25 * wide_top, top),
                (x + wide_top, top),
                (x + wide_bottom, bottom),
                (x + 0.25 * wide_bottom, bottom),
            ],
            fill=shade,
        )
    pen.rectangle((x - 52 * unit, head - 10 * unit, x + 52 * unit, head + 4 * unit), fill="#10202f")
    pen.rectangle(
        (x - 28 * unit, lamp - 34 * unit, x + 28 * unit, head - 10 * unit), fill="#fff4cf"
    )
    for bar in (-28, 0, 28):
        at = x + bar * unit
        pen.line((at, lamp - 34 * unit, at, head), fill="#10202f", width=round(4 * unit))
    pen.pieslice(
        (x - 40 * unit, lamp - 78 * unit, x + 40 * unit, lamp + 10 * unit), 180, 360, fill="#10202f"
    )
    pen.line((x, lamp - 110 * unit, x, lamp - 70 * unit), fill="#10202f", width=round(5 * unit))


def rooftops(canvas: Canvas, focus: float) -> None:
    """A full moon above the roofs, with a sign that says it is to let."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    moon, radius = (focus * width, 0.37 * height), 275 * unit
    canvas.gradient((0, "#0e0b26"), (0.5, "#3b2a6b"), (0.8, "#b4587f"), (1, "#f0a07c"))
    canvas.stars(190, bottom=0.6)
    canvas.glow(moon, radius * 2.1, "#f8d9b8", 0.75)
    canvas.sphere(moon, radius, "#fff8e2", "#e2a983")
    for dx, dy, size in (
        (-90, -70, 46),
        (60, -130, 28),
        (95, 40, 62),
        (-40, 110, 34),
        (-150, 50, 22),
    ):
        canvas.disc((moon[0] + dx * unit, moon[1] + dy * unit), size * unit, "#d9a98540")
    _sign(canvas, moon[0], moon[1] + radius * 0.93)
    for level, color, windows in (
        (0.74, "#5a2f66", False),
        (0.8, "#33204f", True),
        (0.87, "#170f2b", True),
    ):
        _houses(canvas, level * height, color, lit=windows)
    _cat(canvas, (focus - 0.21) * width, 0.805 * height)


def _sign(canvas: Canvas, x: float, top: float) -> None:
    unit, pen = canvas.unit, canvas.pen
    board = (x - 92 * unit, top + 70 * unit, x + 92 * unit, top + 132 * unit)
    for side in (-60, 60):
        line = (x + side * 0.5 * unit, top, x + side * unit, board[1])
        pen.line(line, fill="#2a1a3f", width=round(3 * unit))
    pen.rounded_rectangle(board, radius=8 * unit, fill="#2a1a3f")
    face = Typeface(size=28 * unit, color="#ffe9bf", tracking=0.12)
    draw_text(pen, (x, top + 111 * unit), "FOR RENT", face, align=Align.CENTRE)


def _houses(canvas: Canvas, level: float, color: str, *, lit: bool) -> None:
    unit, pen, random = canvas.unit, canvas.pen, canvas.random
    x = -20 * unit
    while x < canvas.width:
        wide, roof = random.uniform(70, 150) * unit, level + random.uniform(-50, 40) * unit
        if random.random() < 0.45:
            pen.polygon([(x, roof), (x + wide / 2, roof - 55 * unit), (x + wide, roof)], fill=color)
        pen.rectangle((x, roof, x + wide, canvas.height), fill=color)
        chimney = x + random.uniform(0.15, 0.6) * wide
        pen.rectangle((chimney, roof - 44 * unit, chimney + 20 * unit, roof), fill=color)
        for row in range(6 if lit else 0):
            for column in range(int(wide / (34 * unit))):
                if random.random() < 0.3:
                    left, top = x + (12 + column * 34) * unit, roof + (26 + row * 46) * unit
                    pen.rectangle((left, top, left + 14 * unit, top + 20 * unit), fill="#ffcf7ddd")
        x += wide


def _cat(canvas: Canvas, x: float, foot: float) -> None:
    unit, color = canvas.unit, "#0d0819"
    canvas.pen.rectangle((x - 70 * unit, foot, x + 75 * unit, canvas.height), fill=color)
    canvas.pen.ellipse(
        (x - 26 * unit, foot - 66 * unit, x + 26 * unit, foot + 14 * unit), fill=color
    )
    canvas.disc((x + 4 * unit, foot - 74 * unit), 22 * unit, color)
    for ear in (-14, 10):
        left = x + ear * unit
        tip = (left + 6 * unit, foot - 112 * unit)
        base = foot - 84 * unit
        canvas.pen.polygon([(left - 3 * unit, base), tip, (left + 15 * unit, base)], fill=color)
    tail = [
        (x - (20 + 8 * k) * unit, foot - (4 + 3 * k * k / 4 + 10 * math.sin(k)) * unit)
        for k in range(7)
    ]
    canvas.stroke(tail, 9 * unit, color)


def coffee_sea(canvas: Canvas, focus: float) -> None:
    """A cup sails on woodblock waves of coffee, in front of a red sun."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    x, shore = focus * width, 0.63 * height
    canvas.gradient((0, "#f6ead2"), (0.6, "#f0d3a5"), (1, "#e2a76f"))
    for row in range(5):
        level = (0.22 + 0.065 * row) * height
        start = canvas.random.uniform(0, 0.7) * width
        bar = (start, level, start + canvas.random.uniform(0.25, 0.5) * width, level + 9 * unit)
        canvas.pen.rounded_rectangle(bar, radius=5 * unit, fill="#fff8e8b0")
    canvas.disc((x, 0.4 * height), 255 * unit, "#c93a2b")
    _cup(canvas, x, shore)
    scale, row, level = 86 * unit, 0, shore
    palette = ("#8a5130", "#74401f", "#5f3219", "#4b2613", "#39190c", "#2b1209")
    while level < height + scale:
        shift = scale if row % 2 else 0
        for column in range(-1, int(width / (2 * scale)) + 2):
            _scale(canvas, (column * 2 * scale + shift, level), scale, palette[min(row // 2, 5)])
        level += scale * 0.5
        row += 1


def _scale(canvas: Canvas, centre: tuple[float, float], radius: float, color: str) -> None:
    canvas.disc(centre, radius, "#f0d9b0")
    canvas.disc(centre, radius * 0.95, color)
    for share in (0.76, 0.55, 0.34):
        canvas.ring(centre, radius * share, radius * 0.05, "#f0d9b0cc")


def _cup(canvas: Canvas, x: float, waterline: float) -> None:
    unit, pen = canvas.unit, canvas.pen
    rim = waterline - 225 * unit
    canvas.ring((x + 150 * unit, rim + 62 * unit), 56 * unit, 20 * unit, "#fdf6e6")
    bowl = (x - 160 * unit, rim - 170 * unit, x + 160 * unit, rim + 200 * unit)
    pen.pieslice(bowl, 5, 175, fill="#fdf6e6")
    pen.pieslice(bowl, 5, 62, fill="#e6d2b0")
    pen.ellipse((x - 160 * unit, rim - 14 * unit, x + 160 * unit, rim + 46 * unit), fill="#fdf6e6")
    pen.ellipse((x - 138 * unit, rim - 4 * unit, x + 138 * unit, rim + 38 * unit), fill="#4b2613")
    for offset in (-60, 0, 60):
        steam = [
            (x + (offset + 22 * math.sin(k / 3 + offset)) * unit, rim - (30 + 9 * k) * unit)
            for k in range(20 if offset else 27)
        ]
        canvas.stroke(steam, 9 * unit, "#fff8e8")


def summer(canvas: Canvas, focus: float) -> None:
    """A low sun over fields."""
    width, height, unit = canvas.width, canvas.height, canvas.unit
    sun = (focus * width, 0.5 * height)
    canvas.gradient((0, "#2f7f9e"), (0.35, "#8cc6b4"), (0.6, "#fbe3a0"), (1, "#f59f5a"), bottom=0.7)
    canvas.glow(sun, 620 * unit, "#fff3c0", 0.9)
    canvas.disc(sun, 130 * unit, "#fff7d8")
    fields = (
        ("#d7a13d", 0.6),
        ("#a9852f", 0.68),
        ("#6d7a33", 0.76),
        ("#3c5a34", 0.85),
        ("#1e3a2b", 0.93),
    )
    for color, level in fields:
        canvas.ridge(level * height, color, height=26 * unit)
