"""`python -m bench.scans_of_new FOLDER COUNT`: a first scan until all is found by a search, against
a bare pool of processes that reads the same files and has guessit guess each name once."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.figures import against

_FILMS = {".mp4", ".mkv", ".webm"}


def main(root: Path, count: int) -> None:
    import django  # noqa: PLC0415  (it reads the environment)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from apps.search import services as search  # noqa: PLC0415
    from revenge.demo.media import make_demo_media  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    search.ensure()
    make_demo_media(root, count=count)
    films = [path for path in sorted(root.rglob("*")) if path.suffix in _FILMS]
    for number, path in enumerate(films):
        _make_distinct(path, number)
    # The two take turns, so that noise hits both.
    bare = _seconds(lambda: _read(films[::2]))
    ours = _seconds(lambda: _scan(root, count))
    bare += _seconds(lambda: _read(films[1::2]))
    print(against("scan.initial", ours, bare, "s", "ratio <= 1.5").line())


def _scan(root: Path, count: int) -> None:
    from apps.libraries import scanning, services  # noqa: PLC0415
    from apps.libraries.models import ScanType  # noqa: PLC0415
    from apps.libraries.scan import pipeline  # noqa: PLC0415
    from apps.search import services as search  # noqa: PLC0415

    library = services.library_create(name="Films", roots=[str(root)])
    scan = scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)
    pipeline.scan_run(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.status, scan.items_added, scan.error_count) == ("completed", count, 0)
    begin = time.perf_counter()
    search.sync()
    sys.stderr.write(f"of that, {time.perf_counter() - begin:.1f} s for the search index\n")


def _read(films: Sequence[Path]) -> None:
    from django.conf import settings  # noqa: PLC0415

    context = multiprocessing.get_context("forkserver")
    with context.Pool(settings.PROBE_PROCESSES) as pool:
        for _ in pool.imap_unordered(_inspect, map(str, films), chunksize=4):
            pass


def _inspect(path: str) -> object:
    from guessit import guessit  # noqa: PLC0415

    from apps.libraries.scan.names import GUESSIT_OPTIONS  # noqa: PLC0415
    from apps.libraries.scan.probe import probe_file  # noqa: PLC0415

    return probe_file(path).to_json(), str(guessit(Path(path).stem, GUESSIT_OPTIONS))


def _make_distinct(path: Path, number: int) -> None:
    """Give a file a size and a content of its own, as films have."""
    content = os.urandom(16 + number)
    with path.open("ab") as file:
        file.write(_ignored(path.suffix, len(content)) + content)


def _ignored(suffix: str, size: int) -> bytes:
    """The head of an element that players pass by: MP4's `free`, Matroska's Void."""
    if suffix == ".mp4":
        return (8 + size).to_bytes(4, "big") + b"free"
    return b"\xec" + (0x1000_0000 | size).to_bytes(4, "big")


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
