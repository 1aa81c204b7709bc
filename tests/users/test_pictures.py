"""Uploaded pictures are made harmless and square; initials can be read."""

import itertools
import random
import struct
import zlib
from io import BytesIO
from typing import Any

import PIL.Image
import pytest
from PIL import ImageColor

from apps.core.errors import InvalidInputError
from apps.users import pictures
from apps.users.pictures import COLOURS, Crop, Side

RED, GREEN, BLUE = (220, 20, 30), (20, 200, 40), (30, 40, 210)


def striped(width: int = 90, height: int = 30, mode: str = "RGB") -> PIL.Image.Image:
    """Three stripes from left to right."""
    picture = PIL.Image.new("RGB", (width, height), GREEN)
    picture.paste(RED, (0, 0, width // 3, height))
    picture.paste(BLUE, (2 * width // 3, 0, width, height))
    return picture.convert(mode)


def encoded(picture: PIL.Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def large(content: bytes, crop: Crop | None = None) -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(pictures.squares(content, crop).contents[Side.LARGE]))


def near(picture: PIL.Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> bool:
    found = picture.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 30 for a, b in zip(found, colour, strict=True))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_middle_is_shown_in_every_size(file_format: str) -> None:
    made = pictures.squares(encoded(striped(), file_format)).contents
    assert made.keys() == set(Side)
    for side, content in made.items():
        picture = PIL.Image.open(BytesIO(content))
        assert (picture.format, picture.size) == ("WEBP", (side, side))
        assert all(
            near(picture, (x, side // 2), GREEN) for x in (side // 4, side // 2, side * 3 // 4)
        )


def test_a_chosen_part_is_shown() -> None:
    picture = large(encoded(striped()), Crop(60, 0, 30))
    assert near(picture, (30, 128), BLUE)


@pytest.mark.parametrize(
    "crop",
    [
        Crop(61, 0, 30),
        Crop(-1, 0, 30),
        Crop(0, 1, 30),
        Crop(0, 0, 31),
        Crop(0, 0, 5),
        Crop(0, 0, -9),
    ],
)
def test_a_part_beyond_the_picture_is_refused(crop: Crop) -> None:
    with pytest.raises(InvalidInputError):
        pictures.squares(encoded(striped()), crop)


def test_a_turned_photograph_stands_upright_and_loses_its_metadata() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # its right side is up
    exif[0x010E] = "at home"
    content = encoded(striped(), "JPEG", exif=exif, quality=95, comment=b"secret place")
    made = pictures.squares(content, Crop(0, 60, 30)).contents[Side.LARGE]
    picture = PIL.Image.open(BytesIO(made))
    assert near(picture, (128, 128), BLUE)
    assert not picture.getexif()
    assert b"at home" not in made
    assert b"secret" not in made
    assert "exif" not in picture.info


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_taken(mode: str) -> None:
    if mode == "I;16":
        source = PIL.Image.new(mode, (40, 40), 40_000)
    else:
        source = striped(40, 40).convert(mode)
    picture = large(encoded(source, "JPEG" if mode == "CMYK" else "PNG"))
    assert picture.size == (256, 256)


def test_an_animated_one_becomes_still() -> None:
    frames = [PIL.Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE)]
    content = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert PIL.Image.open(BytesIO(content)).n_frames == 2  # type: ignore[attr-defined]
    picture = large(content)
    assert getattr(picture, "n_frames", 1) == 1
    assert near(picture, (100, 100), RED)


def test_a_bomb_is_refused_by_what_it_claims() -> None:
    header = bytearray(encoded(PIL.Image.new("1", (16, 16)), "PNG"))
    header[16:24] = struct.pack(">II", 30_000, 30_000)
    header[29:33] = struct.pack(">I", zlib.crc32(header[12:29]))
    with pytest.raises(InvalidInputError):
        pictures.squares(bytes(header))


@pytest.mark.parametrize("size", [(15, 100), (100, 15), (4097, 16), (16, 4097)], ids=str)
def test_sizes_beyond_the_limits_are_refused(size: tuple[int, int]) -> None:
    content = encoded(PIL.Image.new("1", size), "PNG")
    with pytest.raises(InvalidInputError):
        pictures.squares(content)


@pytest.mark.parametrize("size", [(16, 16), (4096, 16), (16, 4096)], ids=str)
def test_the_limits_themselves_are_fine(size: tuple[int, int]) -> None:
    assert large(encoded(PIL.Image.new("L", size))).size == (256, 256)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        encoded(striped(), "GIF"),
        encoded(striped(), "BMP"),
        encoded(striped(), "TIFF"),
        encoded(striped())[:90],
        encoded(striped(900, 300), "JPEG")[:400],
        encoded(striped(), "WEBP")[:40],
        b"\xff\xd8\xff\xe0" + bytes(1000),
        bytes(2 * 1024 * 1024 + 1),
    ],
    ids=lambda content: f"{len(content)}-{content[:6]!r}",
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        pictures.squares(content)
    assert caught.value.details.keys() == {"file"}


def test_a_damaged_one_is_refused_or_shown() -> None:
    """Whatever the bytes, nothing else is raised."""
    chance = random.Random(1)  # noqa: S311
    shown = refused = 0
    for file_format, _ in itertools.product(("JPEG", "PNG", "WEBP"), range(60)):
        content = bytearray(encoded(striped(), file_format))
        for _place in range(3):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            assert pictures.squares(bytes(content)).contents
        except InvalidInputError:
            refused += 1
        else:
            shown += 1
    assert shown
    assert refused


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("ada lovelace", "AL"),
        ("Édouard  de la Müller", "EM"),
        ("madonna", "M"),
        ("j-p", "JP"),
        ("Ада", ""),
        ("🦊", ""),
        ("", ""),
        ("x" * 500, "X"),
    ],
)
def test_the_initials(name: str, letters: str) -> None:
    assert pictures._letters(name) == letters
    content = pictures.initials(name, tint=3, side=Side.LARGE)
    assert content == pictures.initials(name, tint=3, side=Side.LARGE)
    picture = PIL.Image.open(BytesIO(content)).convert("L")
    assert picture.size == (256, 256)
    darkest, lightest = picture.getextrema()
    assert isinstance(darkest, int)
    assert isinstance(lightest, int)
    assert lightest - darkest > 100  # something is drawn


@pytest.mark.parametrize("colour", COLOURS)
def test_white_letters_have_contrast(colour: str) -> None:
    """WCAG 2.2 asks for 4.5:1."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in ImageColor.getrgb(colour)[:3])
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
