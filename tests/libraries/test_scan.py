"""A scan from end to end: what is stored, what is counted, and what a second one does."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.libraries import markers, scanning, services
from apps.libraries.models import (
    Library,
    LibraryScan,
    MediaFile,
    MediaFolder,
    ScanStatus,
    ScanType,
    SideFile,
)
from apps.libraries.scan import comparing, pipeline
from apps.movies.models import Movie, MovieExtra, MovieFile
from apps.search.models import IndexRequest
from revenge.demo.media import make_demo_media
from tests.scans import add_film, add_nfo, issues, scan, states

_opened: list[str] | None = None


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event == "open":
        _opened.append(str(arguments[0]))


sys.addaudithook(_hear)


@contextmanager
def _opened_files() -> Iterator[list[str]]:
    """What this process opens meanwhile."""
    global _opened  # noqa: PLW0603
    _opened = heard = []
    try:
        yield heard
    finally:
        _opened = None


def test_a_first_scan_stores_what_is_there(films: Library, films_dir: Path) -> None:
    folder = add_film(films_dir, "The Film (2001)/The Film (2001).mkv", frames=50).parent
    (folder / "The Film (2001).de.forced.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nJa\n")
    add_film(folder, "trailers/Teaser.mp4")
    add_film(folder, "The Film (2001)-interview.mkv")

    done = scan(films)

    assert (done.status, done.error_message) == (ScanStatus.COMPLETED, "")
    assert (done.items_found, done.items_scanned, done.items_added) == (3, 3, 3)
    assert (done.items_updated, done.items_removed, done.error_count) == (0, 0, 0)
    assert done.started_at is not None
    assert done.completed_at is not None
    file = MovieFile.objects.get().media_file
    assert (file.path, file.state) == ("The Film (2001)/The Film (2001).mkv", "available")
    assert (file.container, file.video_codec, file.width, file.height) == (
        "matroska", "h264", 160, 90,
    )  # fmt: skip
    assert file.duration_seconds == pytest.approx(2, abs=0.1)
    assert file.size == (folder / "The Film (2001).mkv").stat().st_size
    assert file.subtitle_languages == ["de"]
    side = SideFile.objects.get()
    assert (side.media_file, side.language, side.is_forced) == (file, "de", True)
    extras = dict(MovieExtra.objects.values_list("kind", "title"))
    assert extras == {"trailer": "Teaser", "interview": "The Film (2001)"}


def test_a_second_scan_reads_nothing_and_writes_only_its_own_rows(
    films: Library, films_dir: Path
) -> None:
    make_demo_media(films_dir, count=40, seed=3)
    scan(films)
    IndexRequest.objects.all().delete()
    again = _scan_started(films)

    with CaptureQueriesContext(connection) as queries, _opened_files() as opened:
        _run(again)

    again.refresh_from_db()
    assert (again.items_found, again.items_scanned) == (40, 40)
    assert (again.items_added, again.items_updated, again.items_removed) == (0, 0, 0)
    written = {query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))}
    assert {sql.split('"')[1] for sql in written} == {"libraries_libraryscan", "core_job"}
    assert not any(query["sql"].startswith("DELETE") for query in queries)
    read = {path for path in opened if path.startswith(str(films_dir))}
    assert read == {str(films_dir / markers.NAME)}  # by which the folder is known
    assert not IndexRequest.objects.exists()


@pytest.mark.parametrize("scan_type", [ScanType.FULL, ScanType.METADATA])
def test_looking_at_everything_again_changes_no_film(
    films: Library, films_dir: Path, scan_type: ScanType
) -> None:
    make_demo_media(films_dir, count=30, seed=4)
    scan(films)
    before = list(Movie.objects.order_by("id").values())
    links = list(MovieFile.objects.order_by("id").values())
    probed = dict(MediaFile.objects.values_list("path", "probed_at"))
    IndexRequest.objects.all().delete()

    done = scan(films, scan_type)

    assert (done.items_found, done.items_scanned) == (30, 30)
    assert (done.items_probed, done.items_updated) == (0, 0)
    assert dict(MediaFile.objects.values_list("path", "probed_at")) == probed
    assert list(Movie.objects.order_by("id").values()) == before
    assert list(MovieFile.objects.order_by("id").values()) == links
    assert not IndexRequest.objects.exists()


def test_queries_do_not_grow_with_the_films_of_a_batch(films: Library, films_dir: Path) -> None:
    def queries_of_scan(count: int) -> int:
        make_demo_media(films_dir / str(count), count=count, seed=count)
        started = _scan_started(films)
        with CaptureQueriesContext(connection) as queries:
            _run(started)
        return len(queries)

    # One query a film would be 45 more; a slow scan tells its progress a few times more often.
    assert queries_of_scan(50) - queries_of_scan(5) < 40


def test_only_what_changed_is_read_again(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "A (2001)/A (2001).mkv")
    add_film(films_dir, "B (2002)/B (2002).mkv")
    scan(films)
    first = dict(MediaFile.objects.values_list("path", "probed_at"))
    add_film(films_dir, "B (2002)/B (2002).mkv", frames=10)
    add_nfo(films_dir, "A (2001)/movie.nfo", "<plot>Told.</plot>")

    done = scan(films)

    assert (done.items_added, done.items_updated) == (0, 1)
    now = dict(MediaFile.objects.values_list("path", "probed_at"))
    assert {path for path in now if now[path] != first[path]} == {"B (2002)/B (2002).mkv"}
    assert Movie.objects.get(title="A").overview == "Told."


def test_a_side_file_comes_and_goes(films: Library, films_dir: Path) -> None:
    film = add_film(films_dir, "A (2001)/A (2001).mkv")
    scan(films)
    subtitle = film.with_suffix(".fr.srt")
    subtitle.write_text("1\n00:00:00,000 --> 00:00:01,000\nOui\n")

    scan(films)
    assert MediaFile.objects.get().subtitle_languages == ["fr"]
    subtitle.unlink()
    scan(films)

    assert MediaFile.objects.get().subtitle_languages == []
    assert not SideFile.objects.exists()


def test_subtitles_in_a_folder_of_their_own_and_beside_two_containers(
    films: Library, films_dir: Path
) -> None:
    folder = add_film(films_dir, "A (2001)/A (2001).mkv").parent
    add_film(folder, "A (2001).mp4")
    (folder / "Subs").mkdir()
    (folder / "Subs/2_English.srt").write_text("-")
    (folder / "A (2001).ac3").write_bytes(b"-")
    (folder / "A (2001).it.ass").write_text("-")

    scan(films)

    assert {tuple(file.subtitle_languages) for file in MediaFile.objects.all()} == {("it", "en")}
    assert SideFile.objects.count() == 4


def test_a_trailer_that_comes_before_its_film_and_stays_after_it(
    films: Library, films_dir: Path
) -> None:
    """Its folder belongs to the film's only while there is a film."""
    add_film(films_dir, "A (2001)/Trailers/one.mkv")
    add_film(films_dir, "Other (2002).mkv")
    scan(films)
    trailer = MediaFile.objects.get(path="A (2001)/Trailers/one.mkv")
    assert trailer.folder.path == "A (2001)/Trailers"

    film = add_film(films_dir, "A (2001)/A (2001).mkv")
    assert scan(films).status == ScanStatus.COMPLETED
    trailer.refresh_from_db()
    assert (trailer.folder.path, trailer.state) == ("A (2001)", "available")
    assert trailer.movie_extra.movie.title == "A"
    film.unlink()
    assert scan(films).status == ScanStatus.COMPLETED

    trailer.refresh_from_db()
    assert (trailer.folder.path, trailer.state) == ("A (2001)/Trailers", "available")


def test_a_flat_folder_is_stored_in_pieces_that_keep_parts_together(
    films: Library, films_dir: Path
) -> None:
    for number in range(comparing.FILES_PER_PIECE - 1):
        add_film(films_dir, f"A{chr(97 + number // 26)}{chr(97 + number % 26)} (2001).mkv")
    for part in (1, 2, 3):
        add_film(films_dir, f"Two Parts (2002) cd{part}.mkv")

    done = scan(films)

    assert done.items_added == comparing.FILES_PER_PIECE + 2
    parts = MovieFile.objects.filter(movie__title="Two Parts").order_by("part")
    assert [link.part for link in parts] == [1, 2, 3]
    assert Movie.objects.count() == comparing.FILES_PER_PIECE
    assert scan(films).items_updated == 0


def test_what_lies_beside_films_of_several_pieces_is_the_longest_name_s(
    films: Library, films_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "FILES_PER_PIECE", 1)
    for name in ("Alien.Resurrection.mkv", "Alien.mkv", "Cube.mkv"):
        add_film(films_dir, name, frames=len(name))
    for name in ("Alien.de.srt", "Alien.Resurrection.en.srt", "Cube.fr.sub", "Cube.fr.IDX"):
        (films_dir / name).touch()

    scan(films)

    assert dict(MediaFile.objects.values_list("path", "subtitle_languages")) == {
        "Alien.Resurrection.mkv": ["en"],
        "Alien.mkv": ["de"],
        "Cube.mkv": ["fr"],
    }
    assert SideFile.objects.count() == 3


def test_a_piece_of_a_numbered_series_is_bounded() -> None:
    entries = [comparing.FileEntry(f"{number % 100:02}.mkv", 1, 1, 1) for number in range(200)]

    assert comparing._piece_end(entries, 0) == 2 * comparing.FILES_PER_PIECE


def test_excluded_globs_and_nonsense_in_their_place(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "A (2001).mkv")
    add_film(films_dir, "private/B (2001).mkv")
    films.scanner_config = {"exclude": ["private"]}
    films.save()

    scan(films)
    assert set(states(films)) == {"A (2001).mkv"}
    films.scanner_config = {"exclude": "*"}
    films.save()
    scan(films)

    assert set(states(films)) == {"A (2001).mkv", "private/B (2001).mkv"}


def test_two_roots_are_scanned_and_a_bad_one_does_not_stop_the_other(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    add_film(other, "B (2002).mkv")
    add_film(films_dir, "A (2001).mkv")
    services.library_set_roots(library=films, roots=[str(films_dir), str(other)])
    scan(films)
    films_dir.rename(tmp_path / "away")
    add_film(other, "C (2003).mkv")

    done = scan(films)

    assert issues(done, tmp_path) == {"films": "root_unreadable"}
    assert {root.path: root.is_available for root in films.roots.all()} == {
        str(films_dir): False,
        str(other): True,
    }
    assert states(films) == dict.fromkeys(
        ("A (2001).mkv", "B (2002).mkv", "C (2003).mkv"), "available"
    )


def test_a_scan_that_does_not_wait_is_not_run(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "A (2001).mkv")
    started = _scan_started(films)
    LibraryScan.objects.filter(pk=started.pk).update(status=ScanStatus.CANCELLED)

    _run(started)

    assert not MediaFolder.objects.exists()


def _scan_started(library: Library) -> LibraryScan:
    return scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)


def _run(started: LibraryScan) -> None:
    pipeline.scan_run(scan_id=started.pk)
