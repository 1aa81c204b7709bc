"""Files are offered when nobody writes to them any more. The clock is the test's."""

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.libraries.watch import writers
from apps.libraries.watch.interest import Interest
from apps.libraries.watch.settling import (
    CLOSED_SECONDS,
    HELD_OPEN_SECONDS,
    LONGEST_SECONDS,
    MOST_PENDING,
    Settling,
)

QUIET = 1.0
needs_leases = pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="has no leases")


@pytest.fixture
def leases() -> Iterator[None]:
    before = signal.getsignal(signal.SIGIO)
    writers.leases_allow()
    yield
    signal.signal(signal.SIGIO, before)


@pytest.fixture
def settling(tmp_path: Path) -> Settling:
    return Settling(Interest(str(tmp_path), ("incoming/*",)), quiet=QUIET)


def write(path: Path, size: int = 10) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return str(path)


def test_a_file_is_offered_once_when_it_has_stopped_growing(
    settling: Settling, tmp_path: Path
) -> None:
    film = write(tmp_path / "a" / "a.mkv")
    settling.note(film, 0.0)
    assert settling.due_at == CLOSED_SECONDS
    assert settling.settled(0.5) == []
    write(Path(film), 20)
    settling.note(film, 0.5)
    assert settling.settled(1.25) == []
    assert settling.settled(1.5) == [film]
    assert settling.changed_at == 0.5
    assert settling.settled(9.0) == []
    assert settling.due_at is None


def test_growth_that_nobody_told_of_is_seen(settling: Settling, tmp_path: Path) -> None:
    film = write(tmp_path / "a.mkv")
    settling.note(film, 0.0)
    write(Path(film), 20)
    assert settling.settled(1.0) == []
    os.utime(film, ns=(1, 1))
    assert settling.settled(2.0) == []
    assert settling.settled(3.0) == [film]


def test_a_film_beside_one_that_grows_does_not_wait_for_it(
    settling: Settling, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    done = [write(folder / f"{number}.mkv") for number in range(5)]
    growing = write(folder / "growing.mkv")
    settling.note(str(folder), 0.0, is_new=True)
    settling.note(growing, 0.5)
    assert settling.settled(1.0) == sorted(done)
    assert settling.settled(1.5) == [growing]
    assert settling.settled(2.0) == [str(folder)]


def test_a_folder_that_was_moved_here_is_offered_with_all_it_holds(
    settling: Settling, tmp_path: Path
) -> None:
    write(tmp_path / "new" / "deep" / "film.mkv")
    settling.note(str(tmp_path / "new"), 0.0, is_new=True)
    assert settling.settled(1.0) == [str(tmp_path / "new")]


def test_what_is_gone_is_offered_too(settling: Settling, tmp_path: Path) -> None:
    settling.note(str(tmp_path / "gone"), 0.0)
    settling.note(str(tmp_path / "gone.mkv"), 0.0)
    assert settling.settled(1.0) == [str(tmp_path / "gone"), str(tmp_path / "gone.mkv")]


@pytest.mark.parametrize(
    "name",
    ["a.mkv.part", "a.mkv.!qB", "a.crdownload", "a.txt", ".hidden.mkv", "@eaDir/a.mkv",
     "incoming/a.mkv", "a.trickplay/1.jpg"],
)  # fmt: skip
def test_what_no_scan_looks_at_is_never_offered(
    settling: Settling, tmp_path: Path, name: str
) -> None:
    settling.note(write(tmp_path / name), 0.0, is_new=True)
    assert settling.due_at is None


def test_a_link_is_not_followed(settling: Settling, tmp_path: Path) -> None:
    (tmp_path / "link.mkv").symlink_to(write(tmp_path / "a.mkv"))
    settling.note(str(tmp_path / "link.mkv"), 0.0)
    assert settling.due_at is None


@pytest.mark.parametrize("suffix", [".part", ".aria2"])
def test_a_placeholder_waits_for_its_download(
    settling: Settling, tmp_path: Path, suffix: str
) -> None:
    film, control = write(tmp_path / "a.mkv"), write(tmp_path / f"a.mkv{suffix}")
    settling.note(film, 0.0)
    assert settling.settled(1.0) == []
    assert settling.due_at is None
    os.unlink(control)  # noqa: PTH108
    settling.note(control, 5.0)
    assert settling.settled(6.0) == [film]


def test_a_marker_to_ignore_changes_its_folder(settling: Settling, tmp_path: Path) -> None:
    settling.note(write(tmp_path / "a" / ".ignore", 0), 0.0)
    assert settling.settled(1.0) == [str(tmp_path / "a")]


def test_a_flood_is_the_root_once_it_has_passed_or_lasts(
    settling: Settling, tmp_path: Path
) -> None:
    for number in range(MOST_PENDING + 1):
        settling.note(str(tmp_path / f"{number}.mkv"), 0.0)
    settling.note(str(tmp_path / "more.mkv"), 0.5)
    assert settling.settled(1.0) == []
    assert settling.settled(1.5) == [str(tmp_path)]
    assert settling.due_at is None
    settling.everything(100.0)
    settling.note(str(tmp_path / "more.mkv"), 100.0 + LONGEST_SECONDS)
    assert settling.settled(100.0 + LONGEST_SECONDS) == [str(tmp_path)]


@needs_leases
@pytest.mark.usefixtures("leases")
def test_a_closed_file_is_not_waited_for(settling: Settling, tmp_path: Path) -> None:
    film = write(tmp_path / "a.mkv")
    settling.note(film, 0.0)
    assert settling.settled(0.25) == []
    assert settling.settled(CLOSED_SECONDS) == [film]


@needs_leases
@pytest.mark.usefixtures("leases")
def test_a_copy_that_stalls_is_not_complete(settling: Settling, tmp_path: Path) -> None:
    film = write(tmp_path / "a.mkv")
    with Path(film).open("ab"):
        settling.note(film, 0.0)
        for second in range(1, int(HELD_OPEN_SECONDS)):
            assert settling.settled(float(second)) == []
    assert settling.settled(HELD_OPEN_SECONDS - 0.5) == []
    assert settling.due_at is not None
    assert settling.settled(settling.due_at) == [film]


@needs_leases
@pytest.mark.usefixtures("leases")
def test_one_that_is_held_open_for_ever_is_offered_in_the_end(
    settling: Settling, tmp_path: Path
) -> None:
    film = write(tmp_path / "a.mkv")
    with Path(film).open("ab"):
        settling.note(film, 0.0)
        assert settling.settled(1.0) == []
        assert settling.settled(HELD_OPEN_SECONDS) == [film]


@needs_leases
@pytest.mark.usefixtures("leases")
def test_who_writes_is_not_disturbed(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    film.touch()
    done = threading.Event()

    def append() -> None:
        for _ in range(200):
            with film.open("ab") as file:
                file.write(b"x")
        done.set()

    thread = threading.Thread(target=append)
    thread.start()
    answers = set()
    while not done.is_set():
        answers.add(writers.is_written(str(film)))
    thread.join()
    assert answers <= {True, False}
    assert film.stat().st_size == 200
    assert writers.is_written(str(film)) is False
    assert writers.is_written(str(tmp_path / "gone")) is None
