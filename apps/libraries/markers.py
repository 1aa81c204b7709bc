"""The file by which a folder of films is known again, wherever it is mounted.

Its first line is an id. What else it says is for people who find it.
"""

import os
import re
from pathlib import Path
from typing import Final
from uuid import uuid4

NAME: Final = ".revenge-root"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_TEXT: Final = """\
By this file revenge knows that the right disk is mounted here. Leave it where it is: without it
the films in this folder count as unavailable.
"""


def read(folder: Path) -> str | None:
    """The id that lies in a folder; None where there is none, or nothing of use. Raises OSError."""
    try:
        with open(folder / NAME, "rb", opener=_file_only) as file:
            first = (file.read(64) or b"").partition(b"\n")[0].decode("ascii", "replace")
    except FileNotFoundError:
        return None
    return first if _ID.fullmatch(first) else None


def _file_only(path: str, flags: int) -> int:
    """A pipe would keep the scan waiting, a link lead elsewhere."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def write(folder: Path) -> str:
    """Put a new id there, whole or not at all. Raises OSError where that is not allowed."""
    marker = uuid4().hex
    new = folder / f"{NAME}.{marker}"
    try:
        with new.open("x", encoding="utf-8") as file:
            file.write(f"{marker}\n{_TEXT}")
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / NAME)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    return marker
