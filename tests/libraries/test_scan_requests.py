"""Paths that somebody asks for: the watcher, a downloader, a person."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.activity.models import ActivityEntry
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.jobs import tracking
from apps.core.jobs.models import Job, JobMessage, Queue
from apps.libraries import catalogue, scanning, services
from apps.libraries.models import (
    FileState,
    Library,
    LibraryScan,
    LibraryType,
    MediaFile,
    MediaFolder,
    ScanRequest,
    ScanStatus,
    ScanType,
)
from apps.libraries.scan import comparing, pipeline, progress, root_scan
from apps.movies.catalogue import MovieCatalogue
from apps.movies.models import Movie
from apps.siteconfig import services as siteconfig
from apps.users.models import User
from tests.races import at_once
from tests.scans import add_film, add_nfo, age, issues, scan, states

FILM = "A (2001)/A (2001).mkv"


def _request(library: Library, *paths: Path) -> LibraryScan:
    return scanning.scan_request(library=library, paths=map(str, paths))


def _run(asked: LibraryScan) -> LibraryScan:
    pipeline.scan_run(scan_id=asked.pk)
    asked.refresh_from_db()
    return asked


def _requested() -> set[str]:
    return set(ScanRequest.objects.values_list("path", flat=True))


@pytest.fixture
def known(films: Library, films_dir: Path) -> Library:
    """A library of six films in three folders, scanned when all were old."""
    for shelf in ("x", "y", "z"):
        for title in ("A", "B"):
            add_film(films_dir, f"{shelf}/{title}{shelf} (2001)/{title}{shelf} (2001).mkv")
    age(films_dir)
    scan(films)
    return films


class TestWhatIsLookedAt:
    def test_a_folder_with_all_below_it(self, known: Library, films_dir: Path) -> None:
        add_film(films_dir, "x/New (2002)/New (2002).mkv")
        add_film(films_dir, "y/Other (2003)/Other (2003).mkv")

        done = _run(_request(known, films_dir / "x"))

        assert (done.status, done.items_found, done.items_added) == (ScanStatus.COMPLETED, 3, 1)
        assert "y/Other (2003)/Other (2003).mkv" not in states(known)
        assert _requested() == set()
        assert scan(known).items_added == 1

    def test_a_new_folder_and_a_new_file(self, known: Library, films_dir: Path) -> None:
        film = add_film(films_dir, "new/deep/New (2002)/New (2002).mkv")
        flat = add_film(films_dir, "Flat (2003).mkv")

        done = _run(_request(known, film.parent, flat))

        assert done.items_added == 2
        assert scan(known).items_added == 0
        assert len(states(known)) == 8

    def test_a_file_that_was_replaced_in_place(self, known: Library, films_dir: Path) -> None:
        film = add_film(films_dir, "x/Ax (2001)/Ax (2001).mkv", frames=30)
        assert scan(known).items_updated == 0

        assert _run(_request(known, film)).items_updated == 1

    def test_the_files_of_a_folder_mean_one_look(self, films: Library, films_dir: Path) -> None:
        added = [add_film(films_dir, f"many/Film {letter}.mkv") for letter in "ABC"]

        done = _run(_request(films, *added))

        assert (done.items_found, done.items_added) == (3, 3)

    def test_a_subtitle_belongs_to_the_film_beside_it(
        self, known: Library, films_dir: Path
    ) -> None:
        subtitle = films_dir / "x/Ax (2001)/Subs/en.srt"
        subtitle.parent.mkdir()
        subtitle.write_text("-")

        _run(_request(known, subtitle))

        assert MediaFile.objects.get(path__contains="Ax").subtitle_languages == ["en"]

    @pytest.mark.parametrize("asked", ["x", "x/Ax (2001)", "x/Ax (2001)/Ax (2001).mkv"])
    def test_what_is_gone_is_missing(self, known: Library, films_dir: Path, asked: str) -> None:
        shutil.rmtree(films_dir / "x")

        done = _run(_request(known, films_dir / asked))

        assert (done.items_removed, done.error_count) == (2, 0)
        assert {path for path, state in states(known).items() if state == "missing"} == {
            "x/Ax (2001)/Ax (2001).mkv",
            "x/Bx (2001)/Bx (2001).mkv",
        }
        assert scan(known).items_removed == 0

    @pytest.mark.parametrize("way", ["x", "x/Ax (2001)/Ax (2001).mkv", "incremental", "full"])
    @pytest.mark.parametrize("to", ["outside", "films/z"])
    def test_a_folder_that_became_a_link_is_gone(
        self, known: Library, films_dir: Path, tmp_path: Path, way: str, to: str
    ) -> None:
        """Wherever it leads, links are not followed."""
        (films_dir / "x").rename(tmp_path / "outside")
        (films_dir / "x").symlink_to(tmp_path / to)

        is_whole = way in ScanType.values
        done = scan(known, ScanType(way)) if is_whole else _run(_request(known, films_dir / way))

        assert done.items_removed == 2
        assert issues(done, films_dir) == ({"x": "link_outside"} if to == "outside" else {})
        missing = {path for path, state in states(known).items() if state == "missing"}
        assert missing == {"x/Ax (2001)/Ax (2001).mkv", "x/Bx (2001)/Bx (2001).mkv"}

    def test_too_much_that_is_gone_is_a_disk_that_is_not_there(
        self, known: Library, films_dir: Path
    ) -> None:
        for shelf in ("x", "y", "z"):
            shutil.rmtree(films_dir / shelf)
        (films_dir / "lost+found").mkdir()

        done = _run(_request(known, films_dir / "z"))

        assert done.items_removed == 0
        assert issues(done, films_dir.parent) == {"films": "root_loss"}

    def test_the_whole_root(self, known: Library, films_dir: Path) -> None:
        add_film(films_dir, "x/New (2002)/New (2002).mkv")

        assert _run(_request(known, films_dir)).items_added == 1

    def test_the_whole_root_when_a_scan_of_all_waits(self, known: Library, films_dir: Path) -> None:
        whole = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)

        assert _request(known, films_dir) == whole
        _run(whole)
        assert _requested() == set()

    def test_a_root_that_is_away_is_marked(
        self, known: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        films_dir.rename(tmp_path / "away")

        done = _run(_request(known, films_dir / "x"))

        assert issues(done, tmp_path) == {"films": "root_unreadable"}
        assert set(states(known).values()) == {"available"}
        assert _requested() == set()


class TestWhoMayAsk:
    @pytest.mark.parametrize("path", ["/etc", "/", "films/x", "", "{films}x", "{films}/../other"])
    def test_a_path_outside_of_the_library_is_refused(
        self, films: Library, films_dir: Path, path: str
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            scanning.scan_request(library=films, paths=[path.format(films=films_dir)])

        assert "path" in refused.value.details
        assert not LibraryScan.objects.exists()
        assert not ScanRequest.objects.exists()

    def test_the_refusal_names_the_folders(self, films: Library, films_dir: Path) -> None:
        with pytest.raises(InvalidInputError, match=str(films_dir)):
            scanning.scan_request(library=films, paths=["/etc"])

    def test_a_link_that_leaves_is_outside(
        self, films: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "other").mkdir()
        (films_dir / "link").symlink_to(tmp_path / "other")

        with pytest.raises(InvalidInputError):
            _request(films, films_dir / "link/Film.mkv")

    @pytest.mark.parametrize("path", ["a\0b", "caf\udce9.mkv", "x" * 5000])
    def test_what_is_no_path_is_refused(self, films: Library, films_dir: Path, path: str) -> None:
        with pytest.raises(InvalidInputError):
            scanning.scan_request(library=films, paths=[f"{films_dir}/{path}"])

    def test_one_path_at_the_least(self, films: Library) -> None:
        with pytest.raises(InvalidInputError):
            _request(films)

    def test_not_of_a_library_that_is_off(self, films: Library, films_dir: Path) -> None:
        services.library_update(library=films, changes={"enabled": False})

        with pytest.raises(ConflictError):
            _request(films, films_dir)

    def test_a_person_who_asks_is_recorded(
        self, films: Library, films_dir: Path, admin: User
    ) -> None:
        scanning.scan_request(library=films, paths=[str(films_dir / "x")], requested_by=admin)

        entry = ActivityEntry.objects.get(action="library.scan")
        assert entry.metadata["paths"] == [str(films_dir / "x")]


class TestTurns:
    def test_paths_wait_behind_no_whole_library(self, films: Library, films_dir: Path) -> None:
        whole = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        asked = _request(films, films_dir / "x")

        queues = dict(JobMessage.objects.values_list("pk", "queue"))
        assert queues == {whole.pk: Queue.BULK, asked.pk: Queue.DEFAULT}
        assert Job.objects.get(pk=asked.pk).subject == films.name

    def test_several_requests_are_one_scan(self, films: Library, films_dir: Path) -> None:
        first = _request(films, films_dir / "x", films_dir / "y")
        second = _request(films, films_dir / "y", films_dir / "z")

        assert first == second
        assert second.paths == [str(films_dir / name) for name in "xyz"]
        assert _requested() == {"x", "y", "z"}

    def test_a_whole_scan_that_begins_takes_the_requests(
        self, known: Library, films_dir: Path
    ) -> None:
        film = add_film(films_dir, "x/New (2002)/New (2002).mkv")
        asked = _request(known, film)
        assert scanning.scan_claim(scan_id=asked.pk) is not None

        done = scan(known)

        asked.refresh_from_db()
        assert (asked.status, done.status) == (ScanStatus.COMPLETED, ScanStatus.COMPLETED)
        assert asked.continued_by == done
        assert asked.completed_at is not None
        assert done.items_added == 1
        assert _requested() == set()
        assert scanning.scan_claim(scan_id=asked.pk) is None

    @pytest.mark.parametrize("status", [ScanStatus.COMPLETED, ScanStatus.FAILED])
    def test_what_a_whole_scan_took_over_and_left_the_next_one_does(
        self, known: Library, films_dir: Path, status: ScanStatus
    ) -> None:
        asked = _request(known, films_dir / "x")
        started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
        whole = scanning.scan_claim(scan_id=started.pk)
        assert whole is not None
        assert scanning.scan_claim(scan_id=asked.pk) is None

        scanning.scan_end(whole, status, "why")

        next_one = known.scans.get(status=ScanStatus.PENDING)
        asked.refresh_from_db()
        assert (asked.status, asked.continued_by) == (ScanStatus.CONTINUED, next_one)
        _run(next_one)
        asked.refresh_from_db()
        assert (asked.status, asked.error_message) == (ScanStatus.COMPLETED, "")

    def test_one_whose_work_is_done_when_it_begins(self, known: Library, films_dir: Path) -> None:
        started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
        asked = _request(known, films_dir / "x")
        LibraryScan.objects.filter(pk=started.pk).update(status=ScanStatus.RUNNING)
        ScanRequest.objects.all().delete()

        assert _run(asked).status == ScanStatus.COMPLETED

    def test_what_was_taken_over_is_cancelled_with_the_other(
        self, known: Library, films_dir: Path
    ) -> None:
        asked = _request(known, films_dir / "x")
        started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
        assert scanning.scan_claim(scan_id=started.pk) is not None
        ScanRequest.objects.all().delete()

        scanning.scan_cancel(scan=started)

        asked.refresh_from_db()
        assert asked.status == ScanStatus.CANCELLED

    def test_one_that_runs_is_the_answer(self, known: Library, films_dir: Path) -> None:
        whole = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
        assert scanning.scan_claim(scan_id=whole.pk) is not None

        assert _request(known, films_dir / "x") == whole
        assert known.scans.filter(status__in=("pending", "running")).count() == 1

    @pytest.mark.parametrize("status", [ScanStatus.COMPLETED, ScanStatus.FAILED])
    def test_who_ends_leaves_no_request_behind(
        self, known: Library, films_dir: Path, status: ScanStatus
    ) -> None:
        started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
        whole = scanning.scan_claim(scan_id=started.pk)
        assert whole is not None
        _request(known, films_dir / "x")

        assert scanning.scan_end(whole, status)

        (next_one,) = known.scans.filter(status=ScanStatus.PENDING)
        assert next_one.paths == [str(films_dir / "x")]
        assert _run(next_one).status == ScanStatus.COMPLETED
        assert _requested() == set()

    def test_paths_that_fail_do_not_fail_for_ever(self, known: Library, films_dir: Path) -> None:
        asked = scanning.scan_claim(scan_id=_request(known, films_dir / "x").pk)
        assert asked is not None

        assert scanning.scan_end(asked, ScanStatus.FAILED, "why")

        assert not known.scans.filter(status__in=("pending", "running")).exists()
        assert _requested() == {"x"}
        assert scan(known).status == ScanStatus.COMPLETED
        assert _requested() == set()

    def test_cancelling_takes_back_what_was_asked(self, films: Library, films_dir: Path) -> None:
        asked = _request(films, films_dir / "x")

        scanning.scan_cancel(scan=asked)

        assert _requested() == set()
        assert Job.objects.get(pk=asked.pk).state == "cancelled"

    def test_cancelling_a_whole_scan_leaves_them(self, films: Library, films_dir: Path) -> None:
        started = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        assert scanning.scan_claim(scan_id=started.pk) is not None
        _request(films, films_dir / "x")

        scanning.scan_cancel(scan=started)

        (next_one,) = films.scans.filter(status=ScanStatus.PENDING)
        assert not next_one.is_whole

    def test_a_request_is_repeated_as_it_was(self, films: Library, films_dir: Path) -> None:
        asked = _request(films, films_dir / "x")
        scanning.scan_cancel(scan=asked)

        again = tracking.retry(asked.pk, started_by=None)

        assert films.scans.get(pk=again).paths == [str(films_dir / "x")]
        assert _requested() == {"x"}

    def test_one_asked_for_again_meanwhile_stays(self, films: Library, films_dir: Path) -> None:
        _request(films, films_dir / "x")
        (taken,) = scanning.requests_waiting(films.pk)
        _request(films, films_dir / "x")

        scanning.requests_done(films.scans.get(), [taken])

        assert _requested() == {"x"}

    @pytest.mark.django_db(transaction=True)
    def test_many_at_once_are_one_scan_and_none_is_lost(
        self, films: Library, films_dir: Path
    ) -> None:
        names = [f"shelf {number}" for number in range(4)]

        answers = at_once(*[lambda name=name: _request(films, films_dir / name) for name in names])

        assert {answer.pk for answer in answers if isinstance(answer, LibraryScan)} == {
            LibraryScan.objects.get().pk
        }
        assert _requested() == set(names)

    @pytest.mark.django_db(transaction=True)
    def test_one_asked_for_while_a_scan_ends_is_done_by_somebody(
        self, films: Library, films_dir: Path
    ) -> None:
        started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
        whole = scanning.scan_claim(scan_id=started.pk)
        assert whole is not None

        at_once(
            lambda: scanning.scan_end(whole, ScanStatus.COMPLETED),
            lambda: _request(films, films_dir / "x"),
        )

        (next_one,) = films.scans.filter(status=ScanStatus.PENDING)
        assert not next_one.is_whole
        assert _requested() == {"x"}


class _Asking(MovieCatalogue):
    """A catalogue in whose work somebody asks for something."""

    asks: Callable[[], object]
    asks_always = False
    order: list[str]

    def store(self, **arguments: Any) -> None:
        super().store(**arguments)
        titles = [film.title for folder in arguments["readings"] for film in folder]
        if type(self).asks_always or not type(self).order:
            type(self).asks()
        type(self).order += titles


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Asking]]:
    for module in (comparing, root_scan):
        monkeypatch.setattr(module, "FILES_PER_PIECE", 4)
    monkeypatch.setattr(progress, "FLUSH_SECONDS", 0)
    monkeypatch.setattr(pipeline, "REQUESTS_SECONDS", 0)
    before = dict(catalogue._catalogues)
    catalogue.register(LibraryType.MOVIE, f"{__name__}._Asking")
    _Asking.order = []
    _Asking.asks_always = False
    yield _Asking
    catalogue._catalogues.update(before)


def test_a_scan_that_runs_takes_up_what_is_asked_for_at_once(
    films: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    for number in range(40):
        add_film(films_dir, f"F{chr(97 + number % 26)}{number // 26} (2001).mp4")

    def ask() -> None:
        film = add_film(films_dir, "late/Wanted (2002)/Wanted (2002).mkv")
        _request(films, film.parent)

    asking.asks = ask
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    done = _run(started)

    assert (done.status, done.items_added) == (ScanStatus.COMPLETED, 41)
    assert done.items_found == done.items_scanned == 40  # it has come by all of these
    assert asking.order.index("Wanted") < 20
    assert Movie.objects.count() == 41
    assert _requested() == set()
    assert films.scans.get() == done


def test_who_asks_again_and_again_does_not_keep_a_scan_from_its_own_work(
    films: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    for number in range(20):
        add_film(films_dir, f"F{chr(97 + number)} (2001).mp4")
    wanted = [films_dir / f"late/W{letter} (2002).mkv" for letter in "abc"]
    left = iter(wanted)

    def ask() -> None:
        if film := next(left, None):
            _request(films, add_film(films_dir, f"late/{film.name}"))

    asking.asks, asking.asks_always = ask, True
    done = _run(scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL))

    assert (done.items_added, _requested()) == (23, set())
    first, last = asking.order.index("Wa"), asking.order.index("Wc")
    assert any(title.startswith("F") for title in asking.order[first:last])


def test_who_asks_while_only_metadata_is_read_gets_films(
    known: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    def ask() -> None:
        film = add_film(films_dir, "late/Wanted (2002)/Wanted (2002).mkv")
        (films_dir / "x/Ax (2001)/Ax (2001).mkv").rename(films_dir / "y/Renamed (2001).mkv")
        _request(known, film, films_dir / "x", films_dir / "y")

    asking.asks = ask
    done = _run(scanning.scan_start(library=known, scan_type=ScanType.METADATA))

    assert (done.items_added, done.items_moved, done.items_removed) == (1, 1, 0)
    assert _requested() == set()
    assert set(states(known).values()) == {FileState.AVAILABLE}
    assert scan(known).items_added == 0


@pytest.mark.parametrize("shelf", ["", "{}/"], ids=["in one folder", "in folders of their own"])
def test_what_a_request_has_stored_is_not_new_to_the_scan_around_it(
    films: Library, films_dir: Path, asking: type[_Asking], shelf: str
) -> None:
    for number in range(20):
        name = f"F{chr(97 + number)} (2001)"
        add_film(films_dir, f"{shelf.format(name)}{name}.mp4")
    asking.asks = lambda: _request(films, films_dir)
    started = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    done = _run(started)

    assert (done.status, done.items_added, done.items_updated) == (ScanStatus.COMPLETED, 20, 0)
    assert MediaFile.objects.count() == Movie.objects.count() == 20
    assert set(states(films).values()) == {FileState.AVAILABLE}
    assert _requested() == set()


def test_what_is_looked_at_again_counts_once(
    films: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    """Films that vanish one after the other have the folder around them looked at each time."""
    for number in range(6):
        add_film(films_dir, f"x/F{number} (2001).mkv")
    asking.asks = lambda: None
    scan(films)
    asking.order = []
    new = add_film(films_dir, "x/New (2002).mkv", frames=8)

    def ask() -> None:
        add_film(films_dir, "x/Newer (2003).mkv", frames=9)
        (films_dir / "x/F0 (2001).mkv").unlink()
        _request(films, films_dir / "x/F0 (2001).mkv")

    asking.asks = ask
    done = _run(_request(films, new))

    assert (done.items_found, done.items_scanned) == (7, 7)
    assert (done.items_added, done.items_removed) == (2, 1)


@pytest.mark.parametrize("scan_type", ScanType)
def test_what_is_renamed_while_a_scan_runs_is_not_taken_for_what_it_was(
    films: Library, films_dir: Path, asking: type[_Asking], scan_type: ScanType
) -> None:
    """The scan has listed it under its old name, and stores that folder after the request."""
    old, new = "x/Z (2001)/Z (2001).mp4", "Renamed (2001)/Renamed (2001).mp4"
    for number in range(11):
        name = f"F{chr(97 + number)} (2001)"
        add_film(films_dir, f"x/{name}/{name}.mp4")
    add_film(films_dir, old, frames=25)
    age(films_dir)
    asking.asks = lambda: None
    scan(films)
    row = MediaFile.objects.get(path=old)
    for folder in (films_dir / "x").iterdir():
        add_nfo(folder, "movie.nfo", "<plot>News</plot>")

    def rename() -> None:
        (films_dir / old).parent.rename((films_dir / new).parent)
        (films_dir / new).with_name(Path(old).name).rename(films_dir / new)
        _request(films, (films_dir / old).parent, (films_dir / new).parent)

    asking.asks, asking.order = rename, []
    done = _run(scanning.scan_start(library=films, scan_type=scan_type))

    assert (done.items_added, done.items_moved, done.items_removed) == (0, 1, 0)
    row.refresh_from_db()
    assert (row.path, row.movie_file.movie.title) == (new, "Renamed")
    assert MediaFile.objects.count() == Movie.objects.count() == 12


@pytest.mark.parametrize("gone", ["A (2001)", "Shelf/B (2002).mkv"])
def test_what_comes_back_while_a_scan_runs_is_not_gone(
    films: Library, films_dir: Path, tmp_path: Path, asking: type[_Asking], gone: str
) -> None:
    for name in ("A (2001)/A (2001).mkv", "Shelf/B (2002).mkv", "Shelf/C (2003).mkv"):
        add_film(films_dir, name)
    age(films_dir)
    asking.asks = lambda: None
    scan(films)
    (films_dir / gone).rename(tmp_path / "away")
    for number in range(20):
        add_film(films_dir, f"Shelf/F{chr(97 + number)} (2001).mp4")

    def come_back() -> None:
        (tmp_path / "away").rename(films_dir / gone)
        _request(films, films_dir / gone)

    asking.asks, asking.order = come_back, []
    done = _run(scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL))

    assert done.items_removed == 0
    assert set(states(films).values()) == {FileState.AVAILABLE}
    (films_dir / gone).rename(tmp_path / "away")
    scan(films)
    assert FileState.MISSING in states(films).values()  # it is looked at again


def test_a_process_that_lost_its_scan_stores_nothing_any_more(
    films: Library, films_dir: Path, asking: type[_Asking], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        add_film(films_dir, f"F{chr(97 + number)} (2001).mp4")
    monkeypatch.setattr(progress, "FLUSH_SECONDS", 3600)
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    asking.asks = lambda: LibraryScan.objects.filter(pk=started.pk).update(
        started_at=timezone.now()
    )

    _run(started)

    assert started.status == ScanStatus.RUNNING  # by the other process
    assert MediaFile.objects.count() == 4


@pytest.mark.parametrize("is_much", [False, True])
def test_a_process_that_lost_its_scan_takes_nothing_for_gone_any_more(
    known: Library,
    films_dir: Path,
    asking: type[_Asking],
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_much: bool,
) -> None:
    """Neither marks it missing nor asks a person about it."""
    for key in ("libraries.loss_files", "libraries.loss_percent") if is_much else ():
        siteconfig.server_setting_put(key=key, value=1, actor=admin)
    monkeypatch.setattr(progress, "FLUSH_SECONDS", 3600)
    shutil.rmtree(films_dir / "x")
    add_film(films_dir, "New (2002).mp4")
    started = scanning.scan_start(library=known, scan_type=ScanType.INCREMENTAL)
    asking.asks = lambda: LibraryScan.objects.filter(pk=started.pk).update(
        started_at=timezone.now()
    )

    _run(started)

    assert started.status == ScanStatus.RUNNING  # by the other process
    assert set(states(known).values()) == {FileState.AVAILABLE}
    assert not MediaFile.objects.exclude(missing_since=None).exists()
    assert MediaFolder.objects.get(path="x").parent is not None
    root = known.roots.get()
    assert (root.loss, root.is_available) == (None, True)


def test_a_request_outlives_the_scan_that_dies_with_it(
    films: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    film = add_film(films_dir, FILM)
    asked = _request(films, film)

    def die() -> None:
        raise KeyboardInterrupt

    asking.asks = die
    with pytest.raises(KeyboardInterrupt):
        pipeline.scan_run(scan_id=asked.pk)
    assert _requested() == {FILM}
    asking.asks = lambda: None

    assert _run(asked).items_added == 1
    assert _requested() == set()


def test_a_scan_of_paths_stops_when_one_of_the_whole_begins(
    films: Library, films_dir: Path, asking: type[_Asking]
) -> None:
    for number in range(20):
        add_film(films_dir, f"x/F{chr(97 + number)} (2001).mp4")
    whole = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    asked = _request(films, films_dir / "x")
    asking.asks = lambda: scanning.scan_claim(scan_id=whole.pk)

    _run(asked)

    assert (asked.status, asked.continued_by) == (ScanStatus.CONTINUED, whole)
    assert (asked.public_status, asked.completed_at) == ("running", None)
    assert MediaFile.objects.count() == 4
    LibraryScan.objects.filter(pk=whole.pk).update(started_at=timezone.now())
    assert _run(whole).status == ScanStatus.COMPLETED
    asked.refresh_from_db()
    assert asked.status == ScanStatus.COMPLETED
    assert MediaFile.objects.count() == 20
