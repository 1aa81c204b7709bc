"""What a file is known by, wherever it lies."""

import hashlib
import os
from pathlib import Path
from typing import Final

from apps.libraries.scan import discs

BLOCK: Final = 64 * 1024
_WHOLE: Final = 3 * BLOCK


def fingerprint(path: str) -> str:
    """BLAKE2b of a file's size and its first, middle and last BLOCK; of all of a small file. A
    disc's folder is known by the largest file of its main film.

    Raises OSError and DiscError.
    """
    if Path(path).is_dir():
        largest = max(discs.main_film(path).segments, key=lambda segment: segment.size)
        path = f"{path}/{largest.path}"
    # What was a file when it was listed may be a link or a pipe by now.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        size = os.fstat(descriptor).st_size
        digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=32)
        if size <= _WHOLE:
            digest.update(os.pread(descriptor, _WHOLE, 0))
        else:
            for offset in (0, (size - BLOCK) // 2, size - BLOCK):
                digest.update(os.pread(descriptor, BLOCK, offset))
    finally:
        os.close(descriptor)
    return digest.hexdigest()
