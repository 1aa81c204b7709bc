"""Files that were renamed, moved, copied and replaced."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.libraries import services
from apps.libraries.models import Library, MediaFile, ScanType
from apps.libraries.scan.fingerprint import BLOCK, fingerprint
from apps.movies import selectors
from apps.movies import services as movies
from apps.movies.models import Movie, WatchState
from apps.users.models import User
from tests.races import at_once
from tests.scans import add_film, scan, states

A, B, C = (f"Film {letter} (2001)/Film {letter} (2001).mkv" for letter in "ABC")


def _film(root: Path, name: str, content: int = 0) -> Path:
    """A film whose content no film of another number has."""
    return add_film(root, name, frames=5 + content)


def _rows() -> dict[str, UUID]:
    """By path, of the files that are there."""
    return dict(MediaFile.objects.exclude(state="missing").values_list("path", "pk"))


def _probed() -> dict[UUID, object]:
    return dict(MediaFile.objects.values_list("pk", "probed_at"))


def _watch(user: User, title: str) -> WatchState:
    return movies.watch_progress_save(
        user=user,
        movie=Movie.objects.get(title=title),
        progress_seconds=30,
        duration_seconds=100,
    )


@pytest.fixture
def three(films: Library, films_dir: Path) -> Library:
    for content, name in enumerate((A, B, C)):
        _film(films_dir, name, content)
    scan(films)
    return films


class TestFingerprint:
    @pytest.mark.parametrize("place", [0, 5 * BLOCK, 10 * BLOCK - 1])
    def test_it_tells_files_apart_by_their_ends_and_middle(
        self, tmp_path: Path, place: int
    ) -> None:
        content = bytearray(10 * BLOCK)
        (tmp_path / "a").write_bytes(content)
        (tmp_path / "same").write_bytes(content)
        content[place] = 1
        (tmp_path / "b").write_bytes(content)

        assert fingerprint(f"{tmp_path}/a") == fingerprint(f"{tmp_path}/same")
        assert fingerprint(f"{tmp_path}/a") != fingerprint(f"{tmp_path}/b")

    @pytest.mark.parametrize("size", [0, 1, BLOCK, 3 * BLOCK, 3 * BLOCK + 1])
    def test_it_tells_sizes_apart(self, tmp_path: Path, size: int) -> None:
        (tmp_path / "a").write_bytes(bytes(size))
        (tmp_path / "b").write_bytes(bytes(size + 1))
        assert fingerprint(f"{tmp_path}/a") != fingerprint(f"{tmp_path}/b")

    def test_of_a_small_file_every_byte_counts(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(bytes(2 * BLOCK))
        (tmp_path / "b").write_bytes(bytes(BLOCK + 9) + b"x" + bytes(BLOCK - 10))
        assert fingerprint(f"{tmp_path}/a") != fingerprint(f"{tmp_path}/b")


@pytest.mark.parametrize(
    "new",
    [
        "Film B (2001)/film b (2001).mkv",
        "Film B (2001)/Film.B.2001.1080p.mkv",
        "0 first (1999)/Film B (2001).mkv",
        "Zorro/last/Film B (2001).mkv",
        "Film B (2001).mkv",
    ],
)
def test_a_renamed_file_is_the_same_one(
    three: Library, films_dir: Path, member: User, new: str
) -> None:
    before, probed = _rows(), _probed()
    added = Movie.objects.get(title="Film B").library_added_at
    seen = _watch(member, "Film B")
    movies.movie_update(movie=seen.movie, changes={"overview": "Mine"})
    (films_dir / new).parent.mkdir(parents=True, exist_ok=True)
    (films_dir / B).rename(films_dir / new)

    done = scan(three)

    assert (done.items_added, done.items_moved, done.items_removed) == (0, 1, 0)
    assert _rows() == {A: before[A], C: before[C], new: before[B]}
    assert _probed() == probed
    movie = WatchState.objects.get().movie
    assert movie.movie_files.get().media_file.path == new
    assert (movie.overview, movie.library_added_at) == ("Mine", added)
    assert Movie.objects.count() == 3
    again = scan(three, ScanType.FULL)
    assert (again.items_added, again.items_moved, again.items_removed) == (0, 0, 0)


def test_one_that_could_not_be_read_for_a_moment_and_was_renamed_is_the_same_one(
    films: Library, films_dir: Path, member: User, settings: LazySettings
) -> None:
    # Names full of words that may mean something take long to guess.
    slow = _film(films_dir, f"{27 * 'dvd dts '}dvd dts.mkv")
    scan(films)
    (before,) = _rows().values()
    seen = movies.watch_progress_save(
        user=member, movie=Movie.objects.get(), progress_seconds=30, duration_seconds=100
    )
    os.utime(slow, (1, 1))
    settings.PROBE_TIMEOUT = 0.01
    scan(films)
    assert set(states(films).values()) == {"broken"}
    settings.PROBE_TIMEOUT = 60
    slow.rename(films_dir / "Renamed (2001).mkv")

    done = scan(films)

    assert (done.items_added, done.items_moved) == (0, 1)
    assert _rows() == {"Renamed (2001).mkv": before}
    assert WatchState.objects.get() == seen
    assert Movie.objects.get().title == "Renamed"


def test_a_file_that_left_a_scan_earlier_is_the_same_one(
    three: Library, films_dir: Path, tmp_path: Path, member: User
) -> None:
    before, probed = _rows(), _probed()
    seen = _watch(member, "Film B")
    (films_dir / B).rename(tmp_path / "elsewhere")
    assert scan(three).items_removed == 1
    (films_dir / "New name.mkv").parent.mkdir(exist_ok=True)
    (tmp_path / "elsewhere").rename(films_dir / "New name.mkv")

    done = scan(three)

    assert (done.items_added, done.items_moved) == (0, 1)
    assert _rows()["New name.mkv"] == before[B]
    assert _probed() == probed
    assert WatchState.objects.get().movie.title == "New name"
    assert WatchState.objects.get().movie == seen.movie


def test_two_files_that_changed_places_stay_what_they_are(
    three: Library, films_dir: Path, tmp_path: Path
) -> None:
    before, probed = _rows(), _probed()
    (films_dir / A).rename(tmp_path / "third")
    (films_dir / B).rename(films_dir / A)
    (tmp_path / "third").rename(films_dir / B)

    scan(three)

    assert _rows() == {A: before[B], B: before[A], C: before[C]}
    assert _probed() == probed


def _as_large(root: Path, name: str, content: int) -> Path:
    """Films of one size and one time, each with another content."""
    path = add_film(root, name)
    path.write_bytes(path.read_bytes() + bytes([content]))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is known of inodes")
@pytest.mark.parametrize("other", [B, "Film A (2001)/Film A (2001) - 4K.mkv"])
@pytest.mark.parametrize("scan_type", [ScanType.INCREMENTAL, ScanType.FULL])
def test_two_of_one_size_and_time_that_changed_places_stay_what_they_are(
    films: Library, films_dir: Path, tmp_path: Path, other: str, scan_type: ScanType
) -> None:
    for content, name in enumerate((A, other)):
        _as_large(films_dir, name, content)
    scan(films)
    before, probed = _rows(), _probed()
    (films_dir / A).rename(tmp_path / "third")
    (films_dir / other).rename(films_dir / A)
    (tmp_path / "third").rename(films_dir / other)

    done = scan(films, scan_type)

    assert (done.items_moved, done.items_probed) == (2, 0)
    assert _rows() == {A: before[other], other: before[A]}
    assert _probed() == probed


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is known of inodes")
@pytest.mark.parametrize("trusts", [True, False])
def test_another_inode_alone_costs_one_fingerprint_and_no_probe(
    three: Library, films_dir: Path, tmp_path: Path, *, trusts: bool
) -> None:
    """On another disk; where a library's file system is not trusted, nothing at all."""
    three.scanner_config = {"trusts_folder_times": trusts}
    three.save()
    probed, rows = _probed(), _rows()
    shutil.copytree(films_dir, tmp_path / "disk")
    films_dir.rename(tmp_path / "before")
    (tmp_path / "disk").rename(films_dir)

    done = scan(three, ScanType.FULL)

    assert (done.items_probed, done.items_updated) == (0, 3 if trusts else 0)
    assert (_probed(), _rows()) == (probed, rows)
    assert scan(three, ScanType.FULL).items_updated == 0


@pytest.mark.parametrize("way", [(A, B, C), (C, B, A), (B, A, C)])
def test_each_of_a_chain_stays_what_it_is(
    three: Library, films_dir: Path, way: tuple[str, str, str]
) -> None:
    before, probed = _rows(), _probed()
    first, second, third = way
    new = "Film D (2001)/Film D (2001).mkv"
    (films_dir / new).parent.mkdir()
    (films_dir / third).rename(films_dir / new)
    (films_dir / second).rename(films_dir / third)
    (films_dir / first).rename(films_dir / second)

    scan(three)

    assert _rows() == {new: before[third], third: before[second], second: before[first]}
    assert _probed() == probed


def test_who_made_room_for_another_is_found_again_later(
    three: Library, films_dir: Path, tmp_path: Path, member: User
) -> None:
    before = _rows()
    _watch(member, "Film A")
    (films_dir / A).rename(tmp_path / "away")
    (films_dir / B).rename(films_dir / A)
    scan(three)
    assert _rows() == {A: before[B], C: before[C]}
    (tmp_path / "away").rename(films_dir / "Film E (2005).mkv")

    scan(three)

    assert _rows() == {A: before[B], C: before[C], "Film E (2005).mkv": before[A]}
    assert WatchState.objects.get().movie.title == "Film A"


def test_a_renamed_folder_of_many_copies(films: Library, films_dir: Path) -> None:
    for number in range(150):  # several batches, all of one content
        _film(films_dir, f"Old/{number:03} (2001).mkv")
    _film(films_dir, "Stays (2002).mkv", 1)
    scan(films)
    before, probed = _rows(), _probed()
    (films_dir / "Old").rename(films_dir / "New")

    done = scan(films)

    assert (done.items_added, done.items_moved, done.items_removed) == (0, 150, 0)
    assert _rows() == {path.replace("Old/", "New/"): pk for path, pk in before.items()}
    assert _probed() == probed


@pytest.mark.parametrize("names", [("1 from", "2 to"), ("2 from", "1 to")])
def test_a_file_that_moves_between_roots_and_libraries(
    films: Library, films_dir: Path, tmp_path: Path, member: User, names: tuple[str, str]
) -> None:
    source, target = (tmp_path / name for name in names)
    other = tmp_path / "other"
    for content, name in enumerate((A, B)):
        _film(source, name, content)
    _film(target, C, 2)
    other.mkdir()
    services.library_set_roots(library=films, roots=[str(films_dir), str(source), str(target)])
    scan(films)
    before, probed = _rows(), _probed()
    seen = _watch(member, "Film A")
    shutil.move(source / A, target / "Film A (2001).mkv")

    done = scan(films)

    assert (done.items_added, done.items_moved, done.items_removed) == (0, 1, 0)
    row = MediaFile.objects.select_related("root").get(pk=before[A])
    assert row.absolute_path == target / "Film A (2001).mkv"

    heirs = services.library_create(name="Heirs", roots=[str(other)])
    shutil.move(row.absolute_path, other)
    scan(heirs)
    scan(films)

    row.refresh_from_db()
    assert (row.library, row.state) == (heirs, "available")
    assert _probed() == probed
    assert seen.movie.pk == row.movie_file.movie_id
    assert Movie.objects.get(pk=seen.movie.pk).library_ids == [heirs.pk]
    assert "Film A" not in {film.title for film in selectors.movie_list(user=member)}


@pytest.mark.parametrize("copy", [shutil.copy, os.link])
def test_a_copy_is_a_file_of_its_own_and_is_not_read(
    three: Library, films_dir: Path, copy: Callable[[Path, Path], object]
) -> None:
    before, probed = _rows(), _probed()
    copy(films_dir / B, films_dir / "Film B (2001)/Film B (2001) - copy.mkv")

    done = scan(three)

    assert (done.items_added, done.items_moved) == (1, 0)
    (new,) = {*_rows().values()} - {*before.values()}
    row = MediaFile.objects.get(pk=new)
    assert row.probed_at == probed[before[B]]
    assert (row.state, row.video_codec) == ("available", "h264")
    assert Movie.objects.get(title="Film B").movie_files.count() == 2


def test_a_copy_of_what_a_disk_that_is_away_holds_is_no_move(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    _film(films_dir, A)
    _film(other, B, 1)
    services.library_set_roots(library=films, roots=[str(films_dir), str(other)])
    scan(films)
    before = _rows()
    shutil.copytree(films_dir, tmp_path / "kept")
    films_dir.rename(tmp_path / "away")
    shutil.copy(tmp_path / "kept" / A, other / "Film A (2001).mkv")

    scan(films)

    assert _rows()[A] == before[A]
    assert len(_rows()) == 3
    (tmp_path / "away").rename(films_dir)
    scan(films)
    assert Movie.objects.get(title="Film A").movie_files.count() == 2


def test_a_file_that_was_only_touched_is_not_read_again(three: Library, films_dir: Path) -> None:
    probed = _probed()
    os.utime(films_dir / A, (1, 1))

    done = scan(three)

    assert (done.items_updated, done.items_moved) == (1, 0)
    assert _probed() == probed
    assert MediaFile.objects.get(path=A).mtime_ns == 1_000_000_000


@pytest.mark.parametrize("new", [B, "Film B (2001)/Film B (2001) 2160p.mkv"])
def test_a_better_file_of_a_film_is_its_film(
    three: Library, films_dir: Path, member: User, new: str
) -> None:
    before = _rows()
    seen = _watch(member, "Film B")
    (films_dir / B).unlink()
    _film(films_dir, new, 9)

    scan(three)

    assert (_rows()[new] == before[B]) == (new == B)
    assert MediaFile.objects.get(path=new).movie_file.movie_id == seen.movie_id
    assert Movie.objects.count() == 3


@pytest.mark.parametrize("is_corrected", [False, True])
def test_a_film_is_called_as_its_folder_unless_a_person_has_named_it(
    three: Library, films_dir: Path, member: User, *, is_corrected: bool
) -> None:
    seen = _watch(member, "Film B")
    if is_corrected:
        movies.movie_update(movie=seen.movie, changes={"title": "Ours"})
    (films_dir / B).parent.rename(films_dir / "Another (2007)")
    new = films_dir / "Another (2007)"
    (new / Path(B).name).rename(new / "Another (2007).mkv")

    scan(three)

    movie = Movie.objects.get(pk=seen.movie_id)
    assert (movie.title, movie.year) == ("Ours" if is_corrected else "Another", 2007)
    assert movie.movie_files.count() == 1
    assert Movie.objects.count() == 3


def test_an_explicit_id_decides(three: Library, films_dir: Path, member: User) -> None:
    _film(films_dir, "Known {tmdb-7}/Known.mkv", 7)
    scan(three)
    known = Movie.objects.get(tmdb_id=7)
    _watch(member, "Film B")
    (films_dir / B).rename(films_dir / "Known {tmdb-7}/Known 2160p.mkv")

    scan(three)

    assert known.movie_files.count() == 2
    assert WatchState.objects.get().movie == known


def test_a_version_that_is_named_otherwise_is_a_film_of_its_own(
    three: Library, films_dir: Path
) -> None:
    wrong = _film(films_dir, "Film B (2001)/Film B (2001) - 720p.mkv", 9)
    scan(three)
    assert Movie.objects.get(title="Film B").movie_files.count() == 2
    wrong.rename(films_dir / "Something else (1977).mkv")

    done = scan(three)

    assert done.items_moved == 1
    assert Movie.objects.get(title="Film B").movie_files.count() == 1
    assert Movie.objects.get(title="Something else").movie_files.count() == 1


def test_a_deleted_library_s_files_are_known_to_the_one_that_follows(
    three: Library, films_dir: Path
) -> None:
    before, probed = _rows(), _probed()
    services.library_delete(library=three)
    heirs = services.library_create(name="Heirs", roots=[str(films_dir)])

    done = scan(heirs)

    assert (done.items_added, done.items_moved) == (0, 3)
    assert _rows() == before
    assert _probed() == probed


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("three")
def test_of_two_libraries_that_find_a_file_one_has_it(films_dir: Path, tmp_path: Path) -> None:
    before = _rows()
    others = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copy(films_dir / B, tmp_path / name / "Film B (2001).mkv")
        others.append(services.library_create(name=name, roots=[str(tmp_path / name)]))
    (films_dir / B).unlink()

    first, second = at_once(*[lambda library=library: scan(library) for library in others])
    assert {getattr(done, "status", done) for done in (first, second)} == {"completed"}
    for library in others:  # whoever was refused finds it at the next
        assert scan(library).error_count == 0

    held = MediaFile.objects.filter(library__in=others)
    assert held.count() == 2
    assert held.filter(pk=before[B]).count() == 1
    assert Movie.objects.filter(title="Film B").count() == 1


def test_a_file_that_comes_back_to_its_place_is_as_it_was(
    three: Library, films_dir: Path, tmp_path: Path
) -> None:
    before, probed = _rows(), _probed()
    shutil.copyfile(films_dir / B, tmp_path / "kept")
    (films_dir / B).unlink()
    scan(three)
    assert states(three)[B] == "missing"
    shutil.copyfile(tmp_path / "kept", films_dir / B)  # at another time, with another inode

    scan(three)

    assert _rows() == before
    assert _probed() == probed
    assert MediaFile.objects.get(path=B).mtime_ns < timezone.now().timestamp() * 1e9


def test_names_that_two_libraries_have_swapped_keep_what_was_seen_under_them(
    three: Library, films_dir: Path, tmp_path: Path, member: User
) -> None:
    """Each library is scanned by itself: in between one of the films has no file."""
    (tmp_path / "two").mkdir()
    other = services.library_create(name="two", roots=[str(tmp_path / "two")])
    far = _film(tmp_path / "two", "Film D (2003)/Film D (2003).mkv", 7)
    scan(other)
    seen = {title: _watch(member, title).pk for title in ("Film A", "Film D")}
    shutil.move(films_dir / A, tmp_path / "aside")
    shutil.move(far, films_dir / A)
    shutil.move(tmp_path / "aside", far)

    for library in (three, other):
        scan(library)

    kept = {title: WatchState.objects.get(movie__title=title).pk for title in seen}
    assert kept == seen
    for title, library in (("Film A", three), ("Film D", other)):
        assert Movie.objects.get(title=title).library_ids == [library.pk]


def test_films_that_left_a_link_behind_have_moved(
    three: Library, films_dir: Path, tmp_path: Path
) -> None:
    """From a disk that is full to another one, with the old name leading there."""
    before = _rows()
    other = tmp_path / "other"
    other.mkdir()
    shutil.move((films_dir / A).parent, other)
    (films_dir / A).parent.symlink_to((other / A).parent)
    services.library_set_roots(library=three, roots=[str(films_dir), str(other)])

    done = scan(three)

    assert (done.items_moved, done.items_added, done.items_removed) == (1, 0, 0)
    assert _rows() == before


def test_a_pipe_has_no_fingerprint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mkv")
    with pytest.raises(OSError, match="seek"):
        fingerprint(f"{tmp_path}/film.mkv")
