"""Pictures of people: what they upload, made harmless and square, and initials for all others."""

import hashlib
import os
import struct
import threading
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from typing import Final

import PIL.Image
from django.utils.translation import gettext as _
from PIL import ImageOps

from apps.core.errors import InvalidInputError

MAX_BYTES: Final = 2 * 1024 * 1024
MIN_SIDE: Final = 16
MAX_SIDE: Final = 4096
CONTENT_TYPE: Final = "image/webp"
# White on each has a contrast of 5:1 and more. The style sheet's tints begin with the same.
COLOURS: Final = (
    "#8c2f39", "#1f6f78", "#3d4f8f", "#8a5a1b", "#2f6b4a", "#6b3f86", "#53606e", "#a0472b",
)  # fmt: skip
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
# The limit is checked here, before anything is decoded; Pillow's own would only warn.
PIL.Image.MAX_IMAGE_PIXELS = None
# The largest picture takes some 130 megabytes while it is decoded.
_DECODERS = threading.BoundedSemaphore(min(2, os.cpu_count() or 2))


class Side(IntEnum):
    """The sizes that are delivered, in pixels."""

    SMALL = 64
    LARGE = 256


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of the upright picture, in its pixels."""

    x: int
    y: int
    size: int


@dataclass(frozen=True, slots=True)
class Squares:
    """A picture in every size, encoded; `width` and `height` are those of the largest."""

    contents: Mapping[Side, bytes]
    width: int = Side.LARGE
    height: int = Side.LARGE


def squares(content: bytes, crop: Crop | None = None) -> Squares:
    """An uploaded picture: its first frame, upright, cut to `crop` or to its middle, and encoded
    anew without its metadata.

    Raises InvalidInputError for what is no JPEG, PNG or WebP picture within the limits, and for a
    crop that does not lie in it.
    """
    if len(content) > MAX_BYTES:
        raise _refused(_("The file is larger than 2 MiB."))
    with _DECODERS, _opened(content) as picture:
        upright = _coloured(ImageOps.exif_transpose(picture))
        square = _cut(upright, crop)
        return Squares({side: _encoded(square, side) for side in Side})


def initials(name: str, *, tint: int, side: Side) -> bytes:
    """A picture of the initials; of a head for a name that the typeface has no letters for."""
    from PIL import ImageDraw, ImageFont  # noqa: PLC0415  (megabytes that idle processes spare)

    picture = PIL.Image.new("RGB", (side, side), COLOURS[tint - 1])
    pen = ImageDraw.Draw(picture)
    letters = _letters(name)
    if letters:
        font = ImageFont.load_default(side * 0.42)
        pen.text((side / 2, side / 2), letters, fill="white", font=font, anchor="mm")
    else:
        pen.ellipse((side * 0.34, side * 0.2, side * 0.66, side * 0.52), fill="white")
        pen.ellipse((side * 0.18, side * 0.6, side * 0.82, side * 1.3), fill="white")
    return _saved(picture)


def fingerprint(*parts: object) -> str:
    """Of what a picture is made from: its ETag."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=12).hexdigest()


@contextmanager
def _opened(content: bytes) -> Iterator[PIL.Image.Image]:
    """Decoding in the block raises InvalidInputError too, where it fails."""
    try:
        with PIL.Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if not all(MIN_SIDE <= side <= MAX_SIDE for side in picture.size):
                raise _refused(_("Each side of the picture has 16 to 4096 pixels."))
            yield picture
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise _refused(_("This is no JPEG, PNG or WebP picture.")) from error


def _coloured(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey, which `convert` would clip
        picture = picture.point(lambda value: value / 256).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _cut(picture: PIL.Image.Image, crop: Crop | None) -> PIL.Image.Image:
    width, height = picture.size
    if crop is None:
        size = min(width, height)
        crop = Crop((width - size) // 2, (height - size) // 2, size)
    lies_within = 0 <= crop.x <= width - crop.size and 0 <= crop.y <= height - crop.size
    if crop.size < MIN_SIDE or not lies_within:
        raise _refused(_("The chosen part does not lie in the picture."))
    return picture.crop((crop.x, crop.y, crop.x + crop.size, crop.y + crop.size))


def _encoded(picture: PIL.Image.Image, side: Side) -> bytes:
    return _saved(picture.resize((side, side), PIL.Image.Resampling.LANCZOS))


def _saved(picture: PIL.Image.Image) -> bytes:
    picture.info.clear()  # what the file said besides: places, names, programs
    out = BytesIO()
    picture.save(out, "WEBP", quality=84, method=4)
    return out.getvalue()


def _letters(name: str) -> str:
    """The first and the last word's first letters, in ASCII, which is all the typeface has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = [word for word in "".join(c if c.isalnum() else " " for c in plain).split() if word]
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def _refused(reason: str) -> InvalidInputError:
    return InvalidInputError(_("The picture cannot be used."), {"file": [reason]})
