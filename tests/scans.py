"""Folders of films on disk, and scans of them run in the test's own process."""

import functools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.libraries import scanning
from apps.libraries.models import Library, LibraryScan, MediaFile, ScanIssue, ScanType
from apps.libraries.scan import pipeline
from tests.media_files import write_clip

NOBODY = 65534


@functools.cache
def film_bytes(suffix: str = ".mp4", frames: int = 5) -> bytes:
    """A playable clip of `frames` / 25 seconds."""
    with tempfile.TemporaryDirectory() as folder:
        return write_clip(Path(folder) / f"clip{suffix}", frames=frames).read_bytes()


def add_film(root: Path, name: str, *, frames: int = 5) -> Path:
    """Put a playable film there, replacing what there is; its folders are made."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(film_bytes(path.suffix.lower(), frames))
    return path


def add_nfo(root: Path, name: str, content: str) -> Path:
    path = root / name
    path.write_text(f"<movie>{content}</movie>")
    return path


def age(root: Path) -> None:
    """Have all that lies there be an hour old, so that a scan trusts its times."""
    for folder, _folders, files in os.walk(root, topdown=False):
        for path in (*(Path(folder, name) for name in files), Path(folder)):
            at = path.lstat().st_mtime - 3600
            os.utime(path, (at, at), follow_symlinks=False)


def scan(library: Library, scan_type: ScanType = ScanType.INCREMENTAL) -> LibraryScan:
    """Run a scan to its end."""
    started = scanning.scan_start(library=library, scan_type=scan_type)
    pipeline.scan_run(scan_id=started.pk)
    started.refresh_from_db()
    return started


def scan_paths(library: Library, *paths: Path) -> LibraryScan:
    """Have these folders and files looked at, to the end."""
    asked = scanning.scan_request(library=library, paths=map(str, paths))
    pipeline.scan_run(scan_id=asked.pk)
    asked.refresh_from_db()
    return asked


def states(library: Library) -> dict[str, str]:
    """The state of each file by its path."""
    return dict(MediaFile.objects.filter(library=library).values_list("path", "state"))


def issues(scanned: LibraryScan, root: Path) -> dict[str, str]:
    """The reasons of a scan's issues by path below the root."""
    found = ScanIssue.objects.filter(scan=scanned).values_list("path", "reason")
    return {path.removeprefix(f"{root}/"): reason for path, reason in found}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, to whom no folder is closed."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="films-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
