"""A supersampled drawing surface with the few effects that the demo artwork is made of."""

from __future__ import annotations

import itertools
import math
from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageColor, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]

SUPERSAMPLING = 2
# Pillow's radial gradient is 255 in the corners; on the inscribed circle it is less by this factor.
INSCRIBED = 255 / math.sqrt(2)


class Canvas:
    """Drawing happens in internal pixels, `width` x `height`; a subject of 1000 x 1250
    `unit`s fits.

    Colours are Pillow colour strings; `#rrggbbaa` blends.
    """

    def __init__(self, size: tuple[int, int], *, seed: int) -> None:
        self._size = size
        self.width = size[0] * SUPERSAMPLING
        self.height = size[1] * SUPERSAMPLING
        self.unit = min(self.width / 1000, self.height / 1250)
        self.random = Random(seed)  # noqa: S311 - decoration; the same picture every time
        self._image = Image.new("RGB", (self.width, self.height))
        self.pen = ImageDraw.Draw(self._image, "RGBA")

    def gradient(self, *stops: tuple[float, str], top: float = 0, bottom: float = 1) -> None:
        """Fill the band between two heights (0 to 1) with colours at positions 0 to 1 of it."""
        column = Image.new("RGB", (1, 512))
        column.putdata([_mix(stops, row / 511) for row in range(512)])
        first, last = round(top * self.height), round(bottom * self.height)
        band = column.resize((self.width, last - first), Image.Resampling.BICUBIC)
        self._image.paste(band, (0, first))

    def glow(self, centre: Point, radius: float, color: str, strength: float = 1) -> None:
        """Light that fades to nothing at `radius`."""
        side = round(radius * 2)
        falloff = [
            round(255 * strength * max(0, 1 - distance / INSCRIBED) ** 2) for distance in range(256)
        ]
        mask = Image.radial_gradient("L").point(falloff).resize((side, side))
        corner = (round(centre[0] - radius), round(centre[1] - radius))
        self._image.paste(color, (*corner, corner[0] + side, corner[1] + side), mask)

    def sphere(self, centre: Point, radius: float, light: str, dark: str) -> None:
        """A disc lit from the upper left."""
        side = round(radius * 2)
        corner = round(side * 0.62), round(side * 0.66)
        shade = Image.radial_gradient("L").resize((side * 2, side * 2), Image.Resampling.BICUBIC)
        shade = shade.crop((corner[0], corner[1], corner[0] + side, corner[1] + side))
        body = Image.composite(
            Image.new("RGB", (side, side), dark), Image.new("RGB", (side, side), light), shade
        )
        mask = Image.new("L", (side, side))
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        self._image.paste(body, (round(centre[0] - radius), round(centre[1] - radius)), mask)

    def disc(self, centre: Point, radius: float, color: str) -> None:
        self.pen.ellipse(_box(centre, radius, radius), fill=color)

    def ring(
        self, centre: Point, radius: float, thickness: float, color: str, *, flatness: float = 1
    ) -> None:
        """An outline whose height is `flatness` times its width."""
        box = _box(centre, radius, radius * flatness)
        self.pen.ellipse(box, outline=color, width=max(1, round(thickness)))

    def stroke(self, points: Sequence[Point], thickness: float, color: str) -> None:
        """A line with round joints and ends."""
        self.pen.line(points, fill=color, width=max(1, round(thickness)), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(end, thickness / 2, color)

    def wave(
        self, level: float, color: str, *, height: float, length: float, phase: float = 0
    ) -> None:
        """Fill everything below a sine curve."""
        step = max(2, round(length / 48))
        crest = [
            (x, level - height * math.sin(2 * math.pi * (x / length + phase)))
            for x in range(0, self.width + step, step)
        ]
        self.pen.polygon([*crest, (self.width, self.height), (0, self.height)], fill=color)

    def ridge(self, level: float, color: str, *, height: float) -> None:
        """Fill everything below a random skyline of hills."""
        phases = [(k, self.random.uniform(0, math.tau)) for k in (1.3, 2.9, 6.1, 13.7)]
        line = [
            (x, level - height * sum(math.sin(k * x / self.width * 5 + p) / k for k, p in phases))
            for x in range(0, self.width + 8, 8)
        ]
        self.pen.polygon([*line, (self.width, self.height), (0, self.height)], fill=color)

    def stars(self, count: int, *, bottom: float = 1, color: str = "#ffffff") -> None:
        """Scatter stars between the top and a height (0 to 1), thinning out downwards."""
        for _ in range(count):
            x = self.random.uniform(0, self.width)
            y = self.random.random() ** 1.4 * bottom * self.height
            radius = self.unit * self.random.choice((0.7, 0.9, 1.1, 1.4, 2.2))
            self.disc((x, y), radius, f"{color}{self.random.randint(70, 230):02x}")

    def finish(self, *, grain: float = 0.07, vignette: float = 0.35) -> Image.Image:
        """The picture at its final size, darkened towards the corners and with film grain."""
        picture = self._image.resize(self._size, Image.Resampling.LANCZOS)
        edge = [
            round(255 * vignette * max(0, distance / 255 - 0.55) ** 1.5) for distance in range(256)
        ]
        shadow = Image.radial_gradient("L").resize(self._size, Image.Resampling.BICUBIC).point(edge)
        picture.paste("#000000", (0, 0), shadow)
        noise = Image.frombytes(
            "L", self._size, self.random.randbytes(self._size[0] * self._size[1])
        )
        noise = noise.point([round(127.5 + (level - 127.5) * grain) for level in range(256)])
        return ImageChops.soft_light(picture, Image.merge("RGB", (noise, noise, noise)))


def _box(centre: Point, across: float, down: float) -> tuple[float, float, float, float]:
    return centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down


def _mix(stops: Sequence[tuple[float, str]], position: float) -> tuple[int, ...]:
    colors = [(at, ImageColor.getrgb(color)) for at, color in stops]
    for (start, before), (end, after) in itertools.pairwise(colors):
        if position <= end:
            share = max(0.0, (position - start) / (end - start))
            return tuple(round(a + (b - a) * share) for a, b in zip(before, after, strict=True))
    return colors[-1][1]
