"""Pictures drawn for tests."""

from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image

from apps.libraries.models import Library
from apps.metadata import images
from apps.metadata.models import Image, ImageKind


def picture_bytes(
    size: tuple[int, int] = (600, 900),
    mode: str = "RGB",
    file_format: str = "JPEG",
    **save: Any,
) -> bytes:
    """A picture whose left half differs from its right one."""
    picture = PIL.Image.new(mode, size)
    picture.paste(PIL.Image.new("L", (size[0] // 2, size[1]), 200).convert(mode), (0, 0))
    out = BytesIO()
    picture.save(out, file_format, **save)
    return out.getvalue()


def make_image(
    library: Library,
    content: bytes | None = None,
    name: str = "poster.jpg",
    kind: ImageKind = ImageKind.POSTER,
) -> Image:
    """A picture in the library's root, registered as a scan does."""
    root = Path(library.roots.all()[0].path)
    path = root / name
    path.write_bytes(picture_bytes() if content is None else content)
    reading = images.image_read(kind=kind, path=path, root=root)
    return images.images_register([reading])[(str(path), kind)]
