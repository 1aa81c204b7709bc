"""What a scan must never lose, and how it stops, fails and goes on."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.core.jobs import worker
from apps.core.jobs.errors import JobInterruptedError
from apps.libraries import catalogue, scanning, services
from apps.libraries.models import (
    Library,
    LibraryScan,
    LibraryType,
    MediaFile,
    MediaFolder,
    ScanIssue,
    ScanStatus,
    ScanType,
)
from apps.libraries.scan import comparing, pipeline, progress, root_scan
from apps.libraries.scan.inspection import Inspection, InspectionJob, Inspector
from apps.libraries.scan.tree import Subtrees
from apps.movies import selectors
from apps.movies import services as movies
from apps.movies.catalogue import MovieCatalogue
from apps.movies.models import Movie, WatchState
from apps.users.models import User
from tests.races import until_blocked
from tests.scans import add_film, add_nfo, as_nobody, issues, open_folder, scan, states

MANY = [f"Film {letter} (2001)/Film {letter} (2001).mkv" for letter in "ABCDEFGHIJKLMNOPQRST"]

BATCH = 4


def _listed(user: User) -> set[str]:
    return {movie.title for movie in selectors.movie_list(user=user)}


def _watch(user: User, title: str) -> WatchState:
    movie = Movie.objects.get(title=title)
    return movies.watch_progress_save(
        user=user, movie=movie, progress_seconds=30, duration_seconds=100
    )


@pytest.fixture
def flat(films: Library, films_dir: Path) -> Library:
    """A library of many films in one folder."""
    for name in MANY:
        add_film(films_dir, Path(name).name)
    scan(films)
    return films


@pytest.fixture
def foldered(films: Library, films_dir: Path) -> Library:
    """A library of many films, each in a folder of its own."""
    for name in MANY:
        add_film(films_dir, name)
    scan(films)
    return films


def _root_of(library: Library) -> tuple[bool, str]:
    root = library.roots.get()
    return root.is_available, root.reason


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "gone"])
def test_a_disk_that_is_not_there_makes_films_unavailable_not_missing(
    foldered: Library, films_dir: Path, member: User, tmp_path: Path, *, empty: bool
) -> None:
    away = tmp_path / "away"
    films_dir.rename(away)
    if empty:
        films_dir.mkdir()

    done = scan(foldered)

    assert done.status == ScanStatus.COMPLETED
    assert issues(done, tmp_path) == {"films": "root_empty" if empty else "root_unreadable"}
    assert set(states(foldered).values()) == {"available"}
    assert _root_of(foldered)[0] is False
    assert not MediaFile.objects.select_related("root")[0].is_playable
    assert len(_listed(member)) == len(MANY)
    if empty:
        films_dir.rmdir()
    away.rename(films_dir)
    back = scan(foldered)
    assert (back.items_updated, back.items_removed, back.error_count) == (0, 0, 0)
    assert _root_of(foldered) == (True, "")


@pytest.mark.parametrize("library", ["flat", "foldered"])
def test_more_than_half_gone_at_once_is_a_disk_that_is_not_there(
    library: str, films_dir: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    films: Library = request.getfixturevalue(library)
    away = tmp_path / "away"
    away.mkdir()
    for entry in sorted(films_dir.glob("Film *"))[:11]:
        entry.rename(away / entry.name)

    for _attempt in range(2):
        done = scan(films)
        assert done.items_removed == 0
        assert set(states(films).values()) == {"available"}
        assert _root_of(films)[1].endswith("says in the console that they are gone (11 / 20)")

    for entry in away.iterdir():
        entry.rename(films_dir / entry.name)
    back = scan(films)
    assert (back.items_added, back.items_removed, back.error_count) == (0, 0, 0)
    assert _root_of(films) == (True, "")


@pytest.mark.parametrize("library", ["flat", "foldered"])
def test_up_to_half_may_go_and_comes_back_as_it_was(
    library: str, films_dir: Path, tmp_path: Path, member: User, request: pytest.FixtureRequest
) -> None:
    films: Library = request.getfixturevalue(library)
    before = dict(Movie.objects.values_list("title", "id"))
    seen = _watch(member, "Film A")
    away = tmp_path / "away"
    away.mkdir()
    for entry in sorted(films_dir.glob("Film *"))[:10]:
        entry.rename(away / entry.name)

    done = scan(films)

    assert (done.items_removed, done.error_count) == (10, 0)
    assert _listed(member) == {f"Film {letter}" for letter in "KLMNOPQRST"}
    assert scan(films).items_removed == 0
    for entry in away.iterdir():
        entry.rename(films_dir / entry.name)
    back = scan(films)
    assert (back.items_added, back.items_updated) == (0, 10)
    assert dict(Movie.objects.values_list("title", "id")) == before
    assert len(_listed(member)) == len(MANY)
    assert selectors.watch_state(user=member, movie=Movie.objects.get(title="Film A")) == seen


def test_films_that_were_all_renamed_are_not_a_disk_that_is_not_there(
    foldered: Library, films_dir: Path
) -> None:
    for folder in sorted(films_dir.glob("Film *")):
        folder.rename(folder.with_name(f"{folder.name} [new]"))

    done = scan(foldered)

    assert (done.items_added, done.items_removed, done.error_count) == (0, 0, 0)
    assert done.items_moved == 20
    assert Movie.objects.count() == len(MANY)


def test_the_last_films_are_not_taken_for_deleted(films: Library, films_dir: Path) -> None:
    folder = add_film(films_dir, "Only (2001)/Only (2001).mkv").parent
    scan(films)
    shutil.rmtree(folder)
    (films_dir / "lost+found").mkdir()

    scan(films)

    assert set(states(films).values()) == {"available"}
    assert _root_of(films)[0] is False


def test_one_deleted_film_is_missing_and_keeps_its_place(
    films: Library, films_dir: Path, member: User
) -> None:
    kept = add_film(films_dir, "Kept (2001)/Kept (2001).mkv")
    gone = add_film(films_dir, "Gone (2002)/Gone (2002).mkv")
    scan(films)
    before = Movie.objects.get(title="Gone")
    seen = _watch(member, "Gone")
    shutil.rmtree(gone.parent)

    done = scan(films)

    assert (done.items_removed, done.error_count) == (1, 0)
    assert states(films)["Gone (2002)/Gone (2002).mkv"] == "missing"
    assert MediaFile.objects.get(state="missing").missing_since is not None
    assert _listed(member) == {"Kept"}
    add_film(films_dir, "Gone (2002)/Gone (2002).mkv")
    scan(films)
    assert _listed(member) == {"Kept", "Gone"}
    assert Movie.objects.get(title="Gone").pk == before.pk
    assert WatchState.objects.get() == seen
    assert kept.exists()


def test_a_broken_file_that_went_and_came_back_is_still_broken(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    add_film(films_dir, "Kept (2001)/Kept (2001).mkv")
    broken = films_dir / "Bad (2002)/Bad (2002).mkv"
    broken.parent.mkdir()
    broken.write_bytes(b"-")
    scan(films)
    broken.parent.rename(tmp_path / "away")
    scan(films)
    assert states(films)["Bad (2002)/Bad (2002).mkv"] == "missing"
    (tmp_path / "away").rename(broken.parent)

    scan(films)

    assert states(films)["Bad (2002)/Bad (2002).mkv"] == "broken"


@pytest.mark.parametrize("closed", ["A (2001)", "A (2001)/Trailers", "A (2001)/deep"])
def test_what_is_in_a_closed_folder_is_not_gone(films: Library, closed: str) -> None:
    with open_folder() as root:
        for name in ("A (2001)/A (2001).mkv", "A (2001)/Trailers/t.mkv", "A (2001)/deep/B.mkv"):
            add_film(root, name)
        add_film(root, "Other (2002)/Other (2002).mkv")
        services.library_set_roots(library=films, roots=[str(root)])
        scan(films)
        assert len(states(films)) == 4
        (root / closed).chmod(0)
        with as_nobody():
            done = scan(films)
        (root / closed).chmod(0o755)

        assert (done.status, done.items_removed) == (ScanStatus.COMPLETED, 0)
        assert issues(done, root) == {closed: "unreadable"}
        assert set(states(films).values()) == {"available"}


@pytest.mark.parametrize("scan_type", ScanType)
def test_what_cannot_be_read_beside_a_film_still_holds(films: Library, scan_type: ScanType) -> None:
    """The disk may have gone while its films were read: it comes back with the same times."""
    with open_folder() as root:
        folder = add_film(root, "A (2001)/A (2001).mkv").parent
        add_film(root, "B (2002)/B (2002).mkv")
        nfo = add_nfo(folder, "movie.nfo", "<title>Named</title><genre>Drama</genre>")
        PIL.Image.new("RGB", (10, 15)).save(folder / "poster.jpg")
        services.library_set_roots(library=films, roots=[str(root)])
        scan(films)
        before = Movie.objects.values().get(title="Named")
        for path in (nfo, folder / "poster.jpg"):
            path.chmod(0)
        (folder / "A (2001).de.srt").touch()
        with as_nobody():
            done = scan(films, scan_type)

        assert set(issues(done, root).values()) == {"unreadable"}
        assert set(issues(done, root)) == {"A (2001)/movie.nfo", "A (2001)/poster.jpg"}
        after = Movie.objects.values().get(title="Named")
        assert {**after, "updated_at": None} == {**before, "updated_at": None}
        assert [genre.name for genre in Movie.objects.get(title="Named").genres.all()] == ["Drama"]
        if scan_type != ScanType.METADATA:
            assert not MediaFolder.objects.get(path="A (2001)").signature  # the next scan looks


def test_a_film_that_becomes_unreadable_keeps_its_film(
    films: Library, films_dir: Path, member: User
) -> None:
    film = add_film(films_dir, "A (2001)/A (2001).mkv")
    scan(films)
    seen = _watch(member, "A")
    film.write_bytes(b"no film any more")

    scan(films)

    assert set(states(films).values()) == {"broken"}
    assert _listed(member) == {"A"}
    assert [card.is_available for card in _cards(member)] == [False]
    add_film(films_dir, "A (2001)/A (2001).mkv")
    scan(films)
    assert [card.is_available for card in _cards(member)] == [True]
    assert WatchState.objects.get() == seen


def _cards(user: User) -> list[selectors.MovieCard]:
    return selectors.movie_cards(user=user, movies=list(selectors.movie_list(user=user)))


def test_a_deleted_library_leaves_films_that_others_have_and_what_was_seen(
    films: Library, films_dir: Path, member: User, tmp_path: Path
) -> None:
    other_dir = tmp_path / "other"
    add_film(films_dir, "Both (2001).mkv")
    add_film(films_dir, "Alone (2002).mkv")
    add_film(other_dir, "Both (2001).mkv")
    other = services.library_create(name="Other", roots=[str(other_dir)])
    services.library_set_viewers(library=other, users=[member])
    scan(films)
    scan(other)
    _watch(member, "Both")
    _watch(member, "Alone")

    services.library_delete(library=films)

    assert _listed(member) == {"Both"}
    assert WatchState.objects.filter(user=member).count() == 2
    assert set(states(films).values()) == {"missing"}
    again = services.library_create(name="Again", roots=[str(films_dir)])
    services.library_set_viewers(library=again, users=[member])
    scan(again)
    assert _listed(member) == {"Both", "Alone"}
    assert {state.movie.title for state in selectors.continue_watching(user=member, limit=9)} == {
        "Both", "Alone",
    }  # fmt: skip


class _Interrupting(MovieCatalogue):
    """A catalogue in whose work something happens after the first batch."""

    happens: Callable[[], object]
    stored = 0

    def store(self, **arguments: Any) -> None:
        super().store(**arguments)
        type(self).stored += 1
        if type(self).stored == 1:
            type(self).happens()


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Interrupting]]:
    """Films go through `_Interrupting` in small batches, and what happens is noticed at once."""
    for module in (comparing, root_scan):
        monkeypatch.setattr(module, "FILES_PER_PIECE", BATCH)
    monkeypatch.setattr(progress, "FLUSH_SECONDS", 0)
    before = dict(catalogue._catalogues)
    catalogue.register(LibraryType.MOVIE, f"{__name__}._Interrupting")
    _Interrupting.stored = 0
    yield _Interrupting
    catalogue._catalogues.update(before)


def _many_batches(root: Path) -> None:
    for number in range(5 * BATCH):
        add_film(root, f"F{chr(97 + number)} (2001).mp4")


def test_what_is_read_of_a_root_that_was_removed_keeps_no_other_waiting(
    films: Library,
    films_dir: Path,
    interrupting: type[_Interrupting],
    monkeypatch: pytest.MonkeyPatch,
    member: User,
) -> None:
    monkeypatch.setattr(settings, "PROBE_PROCESSES", 1)
    other = films_dir.parent / "other"
    add_film(other, "Other (2002).mp4")
    _many_batches(films_dir)
    roots = [str(films_dir), str(other)]
    services.library_set_roots(library=films, roots=roots)
    reading: dict[Future[Inspection], Inspector] = {}

    def submit(pool: Inspector, job: InspectionJob) -> Future[Inspection]:
        future = inspected(pool, job)
        reading[future] = pool
        return future

    def happens() -> None:
        services.library_set_roots(library=films, roots=roots[1:])
        (pool,) = set(reading.values())
        long = ["sha256", b"", b"", 2**31 - 1]
        pool._pool.schedule(hashlib.pbkdf2_hmac, args=long, timeout=30)

    inspected = Inspector.submit
    monkeypatch.setattr(Inspector, "submit", submit)
    interrupting.happens = happens
    done = scan(films)

    assert done.status == ScanStatus.COMPLETED
    assert {future.cancelled() for future in reading} == {True, False}
    assert _listed(member) == {"Other"}


def test_a_crash_in_a_batch_fails_the_scan_and_the_next_one_completes_it(
    films: Library, films_dir: Path, interrupting: type[_Interrupting]
) -> None:
    _many_batches(films_dir)

    def crash() -> None:
        raise RuntimeError("the light\nwent out")

    interrupting.happens = crash
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    with pytest.raises(RuntimeError):
        pipeline.scan_run(scan_id=started.pk)

    started.refresh_from_db()
    assert started.status == ScanStatus.FAILED
    assert started.error_message == r"RuntimeError: the light\nwent out"
    assert started.completed_at is not None
    assert not Movie.objects.exists()
    assert not MediaFile.objects.exists()
    assert scan(films).items_added == 5 * BATCH
    assert Movie.objects.count() == 5 * BATCH


def test_a_worker_that_stops_puts_the_scan_back_and_the_next_one_goes_on(
    films: Library, films_dir: Path, interrupting: type[_Interrupting]
) -> None:
    (films_dir / "0.mkv").write_bytes(b"-")
    _many_batches(films_dir)
    interrupting.happens = worker.stopping.set
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)

    with pytest.raises(JobInterruptedError):
        pipeline.scan_run(scan_id=started.pk)
    worker.stopping.renew()

    started.refresh_from_db()
    assert started.status == ScanStatus.PENDING
    stored = MediaFile.objects.count()
    assert BATCH <= stored < 5 * BATCH
    pipeline.scan_run(scan_id=started.pk)
    started.refresh_from_db()
    assert started.status == ScanStatus.COMPLETED
    assert (started.items_found, started.items_added) == (21, 21)
    assert started.error_count == ScanIssue.objects.filter(scan=started).count() == 1


@pytest.mark.parametrize("ended", ["cancelled", "taken_over", "deleted"])
def test_a_scan_that_is_no_longer_this_process_s_stops_quietly(
    films: Library,
    films_dir: Path,
    interrupting: type[_Interrupting],
    ended: str,
) -> None:
    _many_batches(films_dir)
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    endings: Mapping[str, Callable[[], object]] = {
        "cancelled": lambda: scanning.scan_cancel(scan=started),
        "taken_over": lambda: LibraryScan.objects.filter(pk=started.pk).update(
            started_at=timezone.now()
        ),
        "deleted": lambda: services.library_delete(library=films),
    }
    interrupting.happens = endings[ended]

    pipeline.scan_run(scan_id=started.pk)

    stored = MediaFile.objects.count()
    started.refresh_from_db()
    assert stored == BATCH
    assert started.status == ("running" if ended == "taken_over" else "cancelled")
    if ended == "cancelled":
        assert scan(films).items_added == 5 * BATCH - stored


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fails", [False, True])
def test_a_scan_is_cancelled_from_another_connection(
    films: Library,
    films_dir: Path,
    interrupting: type[_Interrupting],
    *,
    fails: bool,
) -> None:
    _many_batches(films_dir)
    started = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)

    def cancel() -> None:
        with ThreadPoolExecutor(1) as other:
            other.submit(_closing(scanning.scan_cancel), scan=started).result()
        if fails:
            raise RuntimeError("its last words")

    interrupting.happens = cancel
    pipeline.scan_run(scan_id=started.pk)

    started.refresh_from_db()
    assert (started.status, started.error_message) == (ScanStatus.CANCELLED, "")
    assert MediaFile.objects.count() == (0 if fails else BATCH)


@pytest.mark.django_db(transaction=True)
def test_who_takes_a_scan_over_waits_for_the_batch_at_hand(films: Library) -> None:
    queued = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    stalled = scanning.scan_claim(scan_id=queued.pk)
    assert stalled
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert scanning.claim_hold(stalled)
            taking_over = other.submit(_closing(scanning.scan_claim), scan_id=queued.pk)
            until_blocked()
        assert taking_over.result()
    with transaction.atomic():
        assert not scanning.claim_hold(stalled)


@pytest.mark.django_db(transaction=True)
def test_what_is_seen_of_a_film_does_not_wait_for_the_batch_that_describes_it(
    films: Library, films_dir: Path, interrupting: type[_Interrupting], member: User
) -> None:
    add_film(films_dir, "A (2001)/A (2001).mkv")
    interrupting.happens = lambda: None
    scan(films)
    add_nfo(films_dir, "A (2001)/movie.nfo", "<plot>What happens</plot>")
    movie = Movie.objects.get()
    saved = []

    def watch() -> None:
        save = _closing(movies.watch_progress_save)
        with ThreadPoolExecutor(1) as other:
            said = {"user": member, "movie": movie, "progress_seconds": 3, "duration_seconds": 9}
            saved.append(other.submit(save, **said).result())

    interrupting.stored = 0
    interrupting.happens = watch
    scan(films)

    assert [WatchState.objects.get()] == saved
    assert Movie.objects.get().overview == "What happens"


def _closing(call: Callable[..., object]) -> Callable[..., object]:
    """For a thread of its own, whose connection nobody else closes."""

    def closed(**arguments: object) -> object:
        try:
            return call(**arguments)
        finally:
            connection.close()

    return closed


def test_unreadable_covers_what_lies_below() -> None:
    unreadable = Subtrees()
    assert not unreadable.covers("a")
    unreadable.add("a/b")
    covered = {path for path in ("a", "a/b", "a/b/c/d.mkv", "a/bc") if unreadable.covers(path)}
    assert covered == {"a/b", "a/b/c/d.mkv"}
    unreadable.add("")
    assert unreadable.covers("")
    assert unreadable.covers("x/y")
