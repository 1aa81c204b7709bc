"""Pictures: registered by the scan, delivered re-encoded in a fixed ladder of sizes.

They are decoded with limits (security.md rule 5) and kept in a cache on disk.
"""

import contextlib
import hashlib
import os
import re
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import PIL.ExifTags
import PIL.Image
from django.conf import settings

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.core.db import pool
from apps.core.db.upserts import upsert
from apps.core.errors import NotFoundError
from apps.core.locks import lock
from apps.metadata.models import Image, ImageKind

# Widths in pixels as TMDb names them; "h632" is a height. "original" keeps the size.
SIZES = {
    "w45": 45,
    "w185": 185,
    "w300": 300,
    "w342": 342,
    "w500": 500,
    "w780": 780,
    "w1280": 1280,
    "h632": 632,
    "original": 0,
}
# The limit is checked here, before anything is decoded; Pillow's own would only warn.
PIL.Image.MAX_IMAGE_PIXELS = None
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 86
_KEY = re.compile(r"[0-9a-f]{40}")
# A large picture takes hundreds of megabytes while it is decoded.
_DECODERS = threading.BoundedSemaphore(os.cpu_count() or 2)
# Longer than any picture takes; then it is made twice rather than not at all.
_WAIT_SECONDS = 30
_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_TURNS[orientation] for orientation in (5, 6, 7, 8)}


class ImageUnusableError(Exception):
    """The file is no picture that can be shown."""


class ImageUnreadableError(ImageUnusableError):
    """The file cannot be read at present."""


@dataclass(frozen=True)
class Source:
    """Where a picture comes from."""

    kind: str
    key: str
    path: str
    root: str
    file_name: str


_REGISTERED = Tag("metadata", "images")
_TAGS = (_REGISTERED.key(),)
# A wall asks for a hundred pictures at once.
_SOURCES: Cache[Source] = Cache(
    "metadata", "image", ttl=Ttl.MOVIE, local_size=2000, tags_of=lambda _: _TAGS
)


@dataclass(frozen=True)
class ImageReading:
    """A picture file as it was found. `key` follows from its content and place."""

    kind: ImageKind
    source_path: str
    source_root: str
    key: str
    size: int
    mtime_ns: int
    width: int
    height: int


def image_read(*, kind: ImageKind, path: Path, root: Path) -> ImageReading:
    """Look at a picture without decoding it whole. Raises ImageUnusableError, and for a file that
    cannot be read ImageUnreadableError."""
    try:
        status = path.stat()
        content = _content(path)
        with _opened(content) as picture:
            width, height = _shown_size(picture)
    except OSError as error:
        raise ImageUnreadableError(error.strerror or str(error)) from error
    return ImageReading(
        kind=kind,
        source_path=str(path),
        source_root=str(root),
        key=_key(kind, path, content),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        width=width,
        height=height,
    )


def images_register(readings: Sequence[ImageReading]) -> dict[tuple[str, str], Image]:
    """Rows for pictures, by (source_path, kind); a row that is there already is brought up to
    date."""
    if not readings:
        return {}
    fields = ["source_root", "key", "size", "mtime_ns", "width", "height"]
    upsert(
        (Image(**vars(reading)) for reading in readings),
        key=["source_path", "kind"],
        columns=[*fields, "updated_at"],
    )
    _REGISTERED.drop_on_commit()
    rows = Image.objects.filter(source_path__in={reading.source_path for reading in readings})
    return {(row.source_path, row.kind): row for row in rows}


def image_file(*, kind: str, size: str, name: str) -> Path:
    """A picture's file in a size, made now if it is not in the cache; `name` is its `file_name`.

    Raises NotFoundError for an unknown picture or size, and for one whose file is gone, bad or
    another one by now.
    """
    key = name.partition(".")[0]
    if size not in SIZES or not _KEY.fullmatch(key):
        raise NotFoundError("There is no such picture")
    source = _SOURCES.get_or_set(key, lambda: _source(key))
    if source.kind != kind or source.file_name != name:
        raise NotFoundError("There is no such picture")
    target = Path(settings.IMAGE_CACHE_DIR) / kind / size / key[:2] / name
    if not target.exists():
        pool.release()  # a wall of new pictures would wait for the decoders with all connections
        with lock("image", f"{size}-{key}", wait=_WAIT_SECONDS, required=False), _DECODERS:
            _make(source, size, target)
    return target


def _source(key: str) -> Source:
    row = Image.objects.filter(key=key).first()
    if row is None:
        raise NotFoundError("There is no such picture")
    return Source(row.kind, row.key, row.source_path, row.source_root, row.file_name)


def _make(source: Source, size: str, target: Path) -> None:
    if target.exists():
        return  # made while this request waited
    path, root = Path(source.path), Path(source.root)
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve(strict=True)):
            raise NotFoundError("There is no such picture")
        content = _content(path)
        if _key(source.kind, path, content) != source.key:
            raise NotFoundError("The picture was replaced; a scan will find the new one")
        with _opened(content) as picture:
            made = _scaled(picture, size, source.kind)
    except (OSError, ImageUnusableError) as error:
        raise NotFoundError("The picture cannot be read") from error
    _store(made, source.kind, target)


def _store(picture: PIL.Image.Image, kind: str, target: Path) -> None:
    """Whole or not at all, also under two requests at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as out:
            if kind == ImageKind.LOGO:
                picture.save(out, "PNG")
            else:
                picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _scaled(picture: PIL.Image.Image, size: str, kind: str) -> PIL.Image.Image:
    """Upright, not larger than the original, without its metadata; a logo keeps its alpha."""
    width, height = _shown_size(picture)
    bound = SIZES[size] or width
    box = (width, bound) if size.startswith("h") else (bound, height)
    turn = _turn(picture)
    stored_box = box[::-1] if turn in _SIDEWAYS else box
    # JPEG: decode at a fraction of the size.
    picture.draft("RGB", (stored_box[0] * 2, stored_box[1] * 2))
    scaled = _colored(picture, with_alpha=kind == ImageKind.LOGO)
    scaled.thumbnail(stored_box, PIL.Image.Resampling.LANCZOS)
    if turn is not None:
        scaled = scaled.transpose(turn)
    scaled.info.clear()
    return scaled


def _colored(picture: PIL.Image.Image, *, with_alpha: bool) -> PIL.Image.Image:
    """In RGBA, or in RGB on black."""
    if picture.mode.startswith("I"):  # 16 bits of grey, which `convert` would clip
        picture = picture.point(lambda value: value / 256).convert("L")
    if with_alpha:
        return picture.convert("RGBA")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    transparent = picture.convert("RGBA")
    black = PIL.Image.new("RGBA", transparent.size, (0, 0, 0, 255))
    return PIL.Image.alpha_composite(black, transparent).convert("RGB")


def _turn(picture: PIL.Image.Image) -> PIL.Image.Transpose | None:
    """What makes a photograph upright, by its EXIF data."""
    return _TURNS.get(picture.getexif().get(PIL.ExifTags.Base.Orientation, 1))


def _shown_size(picture: PIL.Image.Image) -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if _turn(picture) in _SIDEWAYS else (width, height)


def _content(path: Path) -> bytes:
    """Raises ImageUnusableError for a file that is empty or larger than IMAGE_MAX_BYTES."""
    with path.open("rb") as file:
        content = file.read(settings.IMAGE_MAX_BYTES + 1)
    if not 0 < len(content) <= settings.IMAGE_MAX_BYTES:
        raise ImageUnusableError("The file is empty or too large")
    return content


def _key(kind: str, path: Path, content: bytes) -> str:
    return hashlib.blake2b(f"{kind}\0{path}\0".encode() + content, digest_size=20).hexdigest()


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[PIL.Image.Image]:
    """A picture whose decoding, in the block too, raises ImageUnusableError where it fails."""
    try:
        with PIL.Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > settings.IMAGE_MAX_PIXELS:
                raise ImageUnusableError(f"{picture.width}x{picture.height} pixels are too many")
            yield picture
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise ImageUnusableError(str(error)) from error
