"""Showing log files, and what is added to them."""

import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

_POLL = 0.2


def show(logs: Sequence[Path], *, lines: int, follow: bool) -> None:
    """Print the last `lines` of each file; then what is added, until interrupted.

    A rotated file is followed by its name. With several files each line names its own.
    """
    with ExitStack() as opened:
        files = {path: opened.enter_context(path.open("rb")) for path in logs}
        for path, file in files.items():
            _print(path, deque(file, maxlen=lines), named=len(logs) > 1)
        while follow:
            time.sleep(_POLL)
            for path, file in files.items():
                _print(path, file, named=len(logs) > 1)
                if _was_rotated(path, file):
                    files[path] = opened.enter_context(path.open("rb"))


def _was_rotated(path: Path, file: BinaryIO) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _print(path: Path, lines: Iterable[bytes], *, named: bool) -> None:
    for line in lines:
        text = line.decode(errors="replace").rstrip("\n")
        print(f"{path.stem:>12} | {text}" if named else text, flush=True)
