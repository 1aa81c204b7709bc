"""Log files of the parts, rotated by size while they are written."""

import contextlib
import queue
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from revenge.masking import Mask, mask, masker

MAX_BYTES = 5 * 1024 * 1024
FILES = 3
_QUEUED_CHUNKS = 1000


class LogFile:
    """`part.log`, `part.log.1`, `part.log.2`; the newest has no number."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, files: int = FILES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._files = files
        self._open: BinaryIO | None = None

    def write(self, chunk: bytes) -> None:
        """Append `chunk`, in a new file when it would make this one too large. Raises OSError."""
        file = self._open or self._path.open("ab", buffering=0)
        self._open = file
        if file.tell() and file.tell() + len(chunk) > self._max_bytes:
            self.close()
            self._rotate()
            file = self._open = self._path.open("ab", buffering=0)
        file.write(chunk)

    def close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def _rotate(self) -> None:
        names = [self._path, *(self._numbered(n) for n in range(1, self._files))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class LogWriter:
    """Writes from a thread of its own, so that a slow disk holds up neither supervisor nor part.

    What the disk cannot take in time is dropped, and the log says how much. Secrets are hidden.
    """

    def __init__(self) -> None:
        self._mask: Mask = mask
        self._chunks: queue.Queue[tuple[LogFile, bytes] | None] = queue.Queue(_QUEUED_CHUNKS)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def write(self, log: LogFile, chunk: bytes) -> None:
        """Never blocks. For one calling thread; secrets are found in whole lines."""
        if self._dropped:
            chunk = f"({self._dropped} bytes of output were dropped)\n".encode() + chunk
        try:
            self._chunks.put_nowait((log, chunk))
            self._dropped = 0
        except queue.Full:
            self._dropped += len(chunk)

    def hide(self, secrets: Iterable[str]) -> None:
        """These too, wherever they stand; what looks like a secret is hidden without being told."""
        self._mask = masker(secrets)

    def close(self, timeout: float = 2) -> None:
        """Wait up to `timeout` seconds for what is queued."""
        with contextlib.suppress(queue.Full):
            self._chunks.put(None, timeout=timeout)
            self._thread.join(timeout)

    def _masked(self, chunk: bytes) -> bytes:
        # No encoding is promised; surrogates bring back what is not UTF-8.
        text = chunk.decode(errors="surrogateescape")
        return self._mask(text).encode(errors="surrogateescape")

    def _run(self) -> None:
        written: set[LogFile] = set()
        while (item := self._chunks.get()) is not None:
            log, chunk = item
            written.add(log)
            try:
                log.write(self._masked(chunk))
            except OSError:
                log.close()  # the disk is full or the folder is gone; the next chunk tries again
        for log in written:
            log.close()
