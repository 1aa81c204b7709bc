"""`python -m bench.scans_of_many FOLDER`: scans of 100,000 files in 20,000 folders, of which none
or one has changed, against a bare walk that looks at each."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.figures import Figure, against

if TYPE_CHECKING:
    from apps.libraries.models import Library, MediaFolder
    from apps.libraries.scan.walk import FolderListing
    from apps.movies.models import Movie

SHELVES, FILMS, VERSIONS = 20, 20_000, 5
ROUNDS = 5
_LONG_AGO = 1_600_000_000


def main(root: Path) -> None:
    import django  # noqa: PLC0415  (it reads the environment)

    django.setup()
    if len(sys.argv) > 2:
        _measure(root)
        return
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    clip = _clip()
    _make_film(root, 0, clip)
    library = _library(root)
    _scan(library)
    for number in range(1, FILMS):
        _make_film(root, number, b"")
    _settle(root)
    _make_rows(library)
    # In a process that has done nothing else: its memory is measured.
    subprocess.run([sys.executable, "-m", "bench.scans_of_many", str(root), "measure"], check=True)


def _measure(root: Path) -> None:
    from apps.libraries.models import Library  # noqa: PLC0415

    library = Library.objects.get()
    _scan(library)
    rounds = [
        (_seconds(lambda: _scan(library, changed=0)), _seconds(lambda: _walk(root)))
        for _ in range(ROUNDS)
    ]
    ours, bare = (median(column) for column in zip(*rounds, strict=True))
    print(against("scan.rescan_100k", ours, bare, "s", "ratio <= 3").line())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(Figure("scan.rescan_100k_memory", peak, "MiB", limit="value <= 300").line())
    rounds = []
    for number in range(ROUNDS):
        again = _seconds(lambda: _scan(library, changed=0))
        _replace(root / _film(number * 3989 % FILMS))
        rounds.append((_seconds(lambda: _scan(library, changed=1)), again))
    ours, bare = (median(column) for column in zip(*rounds, strict=True))
    print(against("scan.touch_one", ours, bare, "s", "ratio <= 1.2").line())


def _library(root: Path) -> "Library":
    from apps.libraries import services  # noqa: PLC0415

    return services.library_create(name="Films", roots=[str(root)])


def _scan(library: "Library", *, changed: int | None = None) -> None:
    from apps.libraries import scanning  # noqa: PLC0415
    from apps.libraries.models import ScanType  # noqa: PLC0415
    from apps.libraries.scan import pipeline  # noqa: PLC0415

    scan = scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)
    pipeline.scan_run(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.status, scan.error_count) == ("completed", 0), scan.error_message
    if changed is not None:
        assert scan.items_found == FILMS * VERSIONS
        assert (scan.items_probed, scan.items_updated, scan.items_removed) == (changed, changed, 0)


def _walk(root: Path) -> int:
    """What a scan without memory has to do at the least."""
    pending, size = [str(root)], 0
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
    return size


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _film(number: int) -> str:
    name = f"Film {number} (2001)"
    return f"Shelf {number % SHELVES}/{name}/{name} - 2.mkv"


def _clip() -> bytes:
    from revenge.demo.media import make_demo_media  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        make_demo_media(Path(folder), count=20)
        return next(Path(folder).rglob("*.mkv")).read_bytes()


def _make_film(root: Path, number: int, content: bytes) -> None:
    folder = (root / _film(number)).parent
    folder.mkdir(parents=True)
    for version in range(VERSIONS):
        path = folder / f"{folder.name} - {version}.mkv"
        path.write_bytes(content)
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def _settle(root: Path) -> None:
    for folder in (*root.glob("*/*"), *root.iterdir(), root):
        os.utime(folder, (_LONG_AGO, _LONG_AGO))


def _replace(path: Path) -> None:
    """By a whole file that is moved there, as people do, and that is no copy of another: bytes that
    a player passes by are at its end."""
    clip = path.parents[2] / _film(0)
    new = path.with_suffix(".part")
    new.write_bytes(clip.read_bytes() + b"\xec\x88" + os.urandom(8))
    new.replace(path)


def _make_rows(library: "Library") -> None:
    """Copies of the first film's, as scans would have left them that read every file."""
    from django.db import connection  # noqa: PLC0415

    from apps.libraries.scan import folders  # noqa: PLC0415
    from apps.libraries.scan.walk import WalkRules, folder_list  # noqa: PLC0415
    from apps.libraries.watch import kernel  # noqa: PLC0415
    from apps.movies.models import Movie  # noqa: PLC0415

    root = library.roots.get()
    device = kernel.steady_device(root.path)
    copies = _Copies(Movie.objects.get())
    pending = [""]
    while pending:
        listings = [
            folder_list(root.path, path, WalkRules(), device=device) for path in pending[-100:]
        ]
        del pending[-100:]
        pending += [path for listing in listings for path in listing.folders]
        rows = folders.folders_ensure(root, [listing.path for listing in listings])
        folders.folders_settle({rows[listing.path]: listing for listing in listings})
        copies.store([(rows[one.path], one) for one in listings if one.videos])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Copies:
    def __init__(self, movie: "Movie") -> None:
        self._movie = movie
        self._links = list(
            movie.movie_files.select_related("media_file").order_by("media_file__path")
        )

    def store(self, films: "list[tuple[MediaFolder, FolderListing]]") -> None:
        from apps.libraries.models import MediaFile  # noqa: PLC0415
        from apps.movies import services  # noqa: PLC0415
        from apps.movies.models import Movie, MovieFile  # noqa: PLC0415

        movies, files, links = [], [], []
        for folder, listing in films:
            title = PurePosixPath(listing.path).name.removesuffix(" (2001)")
            if title == self._movie.title:
                continue
            movie = _copy(self._movie, title=title, sort_title=title.lower())
            services.movie_derive(movie)
            movies.append(movie)
            for link, entry in zip(self._links, listing.videos, strict=True):
                name = {**(link.media_file.name or {}), "title": title, "title_with_part": title}
                known = {"path": entry.path, "size": entry.size, "mtime_ns": entry.mtime_ns}
                file = _copy(link.media_file, folder=folder, name=name, inode=entry.inode, **known)
                files.append(file)
                key = link.version_key.replace(self._movie.title, title)
                links.append(_copy(link, movie=movie, media_file=file, version_key=key))
        Movie.objects.bulk_create(movies)
        MediaFile.objects.bulk_create(files)
        MovieFile.objects.bulk_create(links)


def _copy(row: Any, **changes: object) -> Any:  # noqa: ANN401  (of any model)
    from apps.core.ids import new_id  # noqa: PLC0415

    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001
    }
    one = type(row)(**{**fields, "id": new_id()})
    for name, value in changes.items():
        setattr(one, name, value)
    return one


if __name__ == "__main__":
    main(Path(sys.argv[1]))
