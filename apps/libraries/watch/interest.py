"""Which changes of a watched folder a scan would look at."""

import fnmatch
import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from apps.libraries.scan import rules

# What downloads and copies are called until they are complete. The name before it may be a
# placeholder meanwhile, whole in size and empty in content.
PARTIAL_SUFFIXES: Final = frozenset((
    ".!qb", ".!ut", ".aria2", ".bc!", ".crdownload", ".download", ".filepart", ".opdownload",
    ".part", ".partial", ".tmp",
))  # fmt: skip
_FILES: Final = {
    *rules.VIDEO_EXTENSIONS,
    *rules.SUBTITLE_EXTENSIONS,
    *rules.AUDIO_EXTENSIONS,
    *rules.IMAGE_EXTENSIONS,
    ".nfo",
}


def is_partial(path: str) -> bool:
    return PurePath(path).suffix.lower() in PARTIAL_SUFFIXES


def is_wanted_file(path: str) -> bool:
    return PurePath(path).suffix.lower() in _FILES


@dataclass(frozen=True, slots=True)
class Interest:
    """`root` is absolute, `exclude` are the library's globs (`ScannerConfig.exclude`)."""

    root: str
    exclude: tuple[str, ...] = ()

    def of(self, path: str) -> str | None:
        """What is to be looked at when `path`, absolute, has changed; None when nothing is."""
        if path == self.root:
            return path
        if PurePath(path).name == rules.IGNORE_MARKER:
            path = os.path.dirname(path)  # noqa: PTH120  (for each of thousands of events)
            return path if path == self.root or not self._is_hidden(path) else None
        return None if self._is_hidden(path) else path

    def _is_hidden(self, path: str) -> bool:
        names = path.removeprefix(f"{self.root}/").split("/")
        return any(
            rules.is_ignored_dir(name) or self._is_excluded(name, "/".join(names[: depth + 1]))
            for depth, name in enumerate(names)
        )

    def _is_excluded(self, name: str, path: str) -> bool:
        return any(
            fnmatch.fnmatch(path, glob) or fnmatch.fnmatch(name, glob) for glob in self.exclude
        )
