"""`python -m bench.scans_of_new FOLDER COUNT`: a first scan until all is found by a search, against
a bare pool of processes that reads the same files and guesses each name once."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from bench.figures import against


def main(root: Path, count: int) -> None:
    import django  # noqa: PLC0415  (it reads the environment)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from apps.search import services as search  # noqa: PLC0415
    from revenge.demo.media import make_demo_media  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    search.ensure()
    make_demo_media(root, count=count)
    films = [path for path in sorted(root.rglob("*")) if path.suffix in _FILLING]
    for path in films:
        _make_distinct(path)
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

    # By name: each is guessed once.
    context = multiprocessing.get_context("forkserver")
    with context.Pool(settings.PROBE_PROCESSES) as pool:
        for _ in pool.imap_unordered(_inspect, map(str, films), chunksize=4):
            pass


def _inspect(path: str) -> object:
    from apps.libraries.scan.names import parse_movie_path  # noqa: PLC0415
    from apps.libraries.scan.probe import probe_file  # noqa: PLC0415

    name = PurePosixPath(path).name
    named = parse_movie_path(PurePosixPath(name), only_movie_in_folder=False)
    return probe_file(path).to_json(), named


# At the end of a file: bytes that a player passes by.
_FILLING = {".mp4": b"\x00\x00\x00\x10free", ".mkv": b"\xec\x88", ".webm": b"\xec\x88"}


def _make_distinct(path: Path) -> None:
    with path.open("ab") as file:
        file.write(_FILLING[path.suffix] + os.urandom(8))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
