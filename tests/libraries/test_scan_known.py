"""What a scan looks at of folders that an earlier one has seen, and what it leaves alone."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.libraries import scanning
from apps.libraries.models import Library, LibraryScan, MediaFile, MediaFolder, ScanStatus, ScanType
from apps.libraries.scan import comparing, pipeline, root_scan
from apps.libraries.scan.tree import Subtrees
from apps.libraries.scan.walk import WalkRules, folder_list
from apps.movies.models import Movie
from tests.scans import add_film, add_nfo, age, scan, states

FILM = "A (2001)/A (2001).mkv"


def _tree() -> dict[str, str | None]:
    """The folders of the tree, and which is around each."""
    rows = MediaFolder.objects.exclude(parent=None, path__gt="")
    return dict(rows.values_list("path", "parent__path"))


def _young() -> set[str]:
    """The folders whose times nothing can be told from."""
    return set(MediaFolder.objects.filter(mtime_ns=None).values_list("path", flat=True))


@pytest.fixture
def known(films: Library, films_dir: Path) -> Library:
    """A library that was scanned when all in it was old."""
    for frames, name in (
        (5, FILM),
        (6, "shelf/B (2002)/B (2002).mkv"),
        (7, "shelf/C (2003)/C (2003).mkv"),
    ):
        add_film(films_dir, name, frames=frames)
    (films_dir / "A (2001)/Subs").mkdir()
    (films_dir / "A (2001)/Subs/en.srt").write_text("-")
    (films_dir / "notes").mkdir()
    age(films_dir)
    scan(films)
    return films


def test_the_rows_of_all_folders_are_a_tree(known: Library) -> None:
    assert _tree() == {
        "": None,
        "A (2001)": "",
        "notes": "",
        "shelf": "",
        "shelf/B (2002)": "shelf",
        "shelf/C (2003)": "shelf",
    }
    assert _young() == set()
    film = MediaFolder.objects.get(path="A (2001)")
    assert (list(film.companions), film.videos) == (["A (2001)/Subs"], 1)
    assert scan(known).items_found == 3


def test_no_file_of_an_unchanged_folder_is_asked_for(known: Library) -> None:
    started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)

    with CaptureQueriesContext(connection) as queries:
        pipeline.scan_run(scan_id=started.pk)

    asked = [query["sql"] for query in queries if 'FROM "libraries_mediafile"' in query["sql"]]
    assert all("LIMIT 1" in sql for sql in asked), asked  # whether the root has any at all
    started.refresh_from_db()
    assert (started.items_found, started.items_scanned, started.items_expected) == (3, 3, 3)


def test_of_files_that_are_compared_no_probe_is_loaded(known: Library, films_dir: Path) -> None:
    folder = MediaFolder.objects.get(path="A (2001)")
    (work,) = comparing.changed_folders(
        root=known.roots.get(),
        listings={folder: folder_list(str(films_dir), folder.path, WalkRules(()))},
        scan_type=ScanType.FULL,
        unreadable=Subtrees(),
    )
    (whole,) = comparing.with_whole_rows([work])

    assert "probe" in work.known[FILM].get_deferred_fields()
    assert not whole.known[FILM].get_deferred_fields()


def test_what_changes_while_it_is_young_is_seen(films: Library, films_dir: Path) -> None:
    """A file that grows in place leaves its folder's time as it is."""
    film = add_film(films_dir, FILM)
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    scan(films)
    before = film.parent.stat().st_mtime_ns
    assert _young() == {"", "A (2001)"}

    with film.open("ab") as file:
        file.write(content[len(content) // 2 :])

    assert film.parent.stat().st_mtime_ns == before
    assert scan(films).items_updated == 1
    assert states(films) == {FILM: "available"}


def test_young_folders_are_settled_when_they_are_old(films: Library, films_dir: Path) -> None:
    add_film(films_dir, FILM)
    scan(films)
    changed = set(MediaFolder.objects.values_list("path", "updated_at"))
    assert scan(films).items_updated == 0
    assert set(MediaFolder.objects.values_list("path", "updated_at")) == changed

    age(films_dir)
    scan(films)  # its times have changed
    assert scan(films).items_updated == 0

    assert _young() == set()


def test_a_file_replaced_in_place_is_seen_where_times_are_not_trusted(
    known: Library, films_dir: Path
) -> None:
    film = films_dir / FILM
    with film.open("r+b") as file:
        file.write(add_film(films_dir.parent, "other.mkv", frames=30).read_bytes())
    assert scan(known).items_updated == 0

    known.scanner_config = {"trusts_folder_times": False}
    known.save()

    assert scan(known).items_updated == 1
    assert scan(known).items_updated == 0


def test_a_full_scan_sees_it_too_and_tries_broken_files_again(
    known: Library, films_dir: Path
) -> None:
    film = films_dir / FILM
    with film.open("r+b") as file:
        file.write(add_film(films_dir.parent, "other.mkv", frames=30).read_bytes())
    (films_dir / "Bad (2004).mkv").write_bytes(b"-")
    age(films_dir / "Bad (2004).mkv")

    done = scan(known, ScanType.FULL)
    assert (done.items_probed, done.items_updated, done.items_added) == (2, 1, 1)
    again = scan(known, ScanType.FULL)

    assert (again.items_probed, again.items_updated, again.error_count) == (1, 1, 1)
    assert scan(known).items_probed == 0


def test_a_full_scan_reads_again_what_an_older_probe_has_read(known: Library) -> None:
    MediaFile.objects.filter(path=FILM).update(probe_version=0)

    assert scan(known).items_probed == 0
    assert scan(known, ScanType.FULL).items_probed == 1
    assert scan(known, ScanType.FULL).items_probed == 0


def test_a_metadata_scan_reads_only_what_lies_beside_the_films(
    known: Library, films_dir: Path
) -> None:
    add_nfo(films_dir, "A (2001)/movie.nfo", "<plot>Told.</plot>")
    add_film(films_dir, "New (2005)/New (2005).mkv", frames=8)
    add_film(films_dir, "A (2001)/A (2001) - 4K.mkv", frames=9)
    (films_dir / "shelf/B (2002)/B (2002).mkv").unlink()
    add_film(films_dir, "shelf/B (2002)/B (2002).mkv", frames=30)
    shutil.rmtree(films_dir / "shelf/C (2003)")

    done = scan(known, ScanType.METADATA)

    assert (done.items_probed, done.items_added, done.items_removed) == (0, 0, 0)
    assert Movie.objects.get(title="A").overview == "Told."
    assert set(states(known).values()) == {"available"}
    after = scan(known)
    assert (after.items_added, after.items_updated, after.items_removed) == (2, 1, 1)


@pytest.mark.parametrize("by", ["marker", "exclude"])
def test_a_folder_that_is_ignored_is_gone_until_it_is_not(
    known: Library, films_dir: Path, by: str
) -> None:
    before = dict(MediaFile.objects.values_list("path", "id"))
    if by == "marker":
        (films_dir / "shelf/.ignore").touch()
    else:
        known.scanner_config = {"exclude": ["shelf"]}
        known.save()

    assert scan(known).items_removed == 2
    assert scan(known).items_removed == 0
    assert set(_tree()) - {"shelf"} == {"", "A (2001)", "notes"}

    if by == "marker":
        (films_dir / "shelf/.ignore").unlink()
    else:
        known.scanner_config = {}
        known.save()
    done = scan(known)

    assert (done.items_added, done.items_updated) == (0, 2)
    assert set(states(known).values()) == {"available"}
    assert dict(MediaFile.objects.values_list("path", "id")) == before


def test_a_folder_that_goes_takes_those_below_with_it(known: Library, films_dir: Path) -> None:
    (films_dir / "shelf").rename(films_dir.parent / "shelf")
    assert scan(known).items_removed == 2
    assert set(_tree()) == {"", "A (2001)", "notes"}

    (films_dir.parent / "shelf").rename(films_dir / "shelf")
    back = scan(known)

    assert (back.items_added, back.items_updated) == (0, 2)
    assert _tree()["shelf/B (2002)"] == "shelf"
    assert _young() <= {""}


def test_a_folder_with_too_much_gone_is_looked_at_again(known: Library, films_dir: Path) -> None:
    """Nothing is settled while nobody has decided."""
    for name in ("A (2001)", "shelf"):
        (films_dir / name).rename(films_dir.parent / name)
    os.utime(films_dir, (time.time() - 999, time.time() - 999))

    for _attempt in range(2):
        assert scan(known).items_removed == 0
        assert known.roots.get().is_available is False

    for name in ("A (2001)", "shelf"):
        (films_dir.parent / name).rename(films_dir / name)
    assert scan(known).items_updated == 0
    assert known.roots.get().is_available is True


@pytest.mark.parametrize(
    "seconds", [-(2**33), -1, 2**33, 2**40], ids=["1697", "1969", "2242", "far"]
)
def test_times_that_no_clock_shows_are_stored(
    films: Library, films_dir: Path, seconds: int
) -> None:
    film = add_film(films_dir, FILM)
    try:
        os.utime(film, (seconds, seconds))
    except OSError:
        pytest.skip("The file system does not know such times")

    assert scan(films).error_count == 0
    assert scan(films).items_updated == 0
    assert states(films) == {FILM: "available"}


def test_a_scan_that_was_killed_goes_on_where_it_was(
    films: Library, films_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders that are known to be there, and not looked at, are looked at by the next one."""
    for number in range(70):
        add_film(films_dir, f"shelf/F{number} (2001)/F{number} (2001).mkv")
    add_film(films_dir, FILM)
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    store = root_scan.RootScan._store
    stored: list[object] = []

    def die(self: root_scan.RootScan, readings: Any) -> None:
        if stored:
            raise KeyboardInterrupt
        stored.append(readings)
        store(self, readings)

    monkeypatch.setattr(root_scan.RootScan, "_store", die)
    with pytest.raises(KeyboardInterrupt):
        pipeline.scan_run(scan_id=started.pk)
    monkeypatch.undo()
    assert 0 < MediaFile.objects.count() < 71

    pipeline.scan_run(scan_id=started.pk)

    started.refresh_from_db()
    assert (started.status, started.items_found) == (ScanStatus.COMPLETED, 71)
    assert MediaFile.objects.count() == 71
    assert scan(films).items_added == 0


class TestTheRate:
    def _scan(self, films: Library, **fields: object) -> LibraryScan:
        return LibraryScan(library=films, status=ScanStatus.RUNNING, **fields)

    def test_it_is_that_of_the_last_samples(self, films: Library) -> None:
        running = self._scan(
            films, pace=[[100.0, 50], [160.0, 650]], items_expected=1250, items_scanned=650
        )

        assert running.rate == 10
        assert running.remaining is not None
        assert running.remaining.total_seconds() == 60

    @pytest.mark.parametrize("pace", [[], [[1.0, 5]], [[5.0, 5], [5.0, 9]]])
    def test_of_one_moment_nothing_can_be_told(
        self, films: Library, pace: list[list[float]]
    ) -> None:
        running = self._scan(films, pace=pace, items_expected=9)

        assert (running.rate, running.remaining) == (None, None)

    def test_a_scan_that_stands_still_never_ends(self, films: Library) -> None:
        running = self._scan(films, pace=[[1.0, 5], [9.0, 5]], items_expected=9, items_scanned=5)

        assert (running.rate, running.remaining) == (0, None)

    def test_one_that_has_ended_has_none(self, films: Library) -> None:
        done = self._scan(films, pace=[[1.0, 5], [2.0, 9]])
        done.status = ScanStatus.COMPLETED

        assert (done.rate, done.remaining) == (None, None)
