"""What must not stop a scan, and must not be served."""

import hashlib
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import PIL.Image
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.libraries import services
from apps.libraries.models import FileState, Library, MediaFile, ScanIssue, ScanStatus, ScanType
from apps.libraries.scan import inspection
from apps.movies.models import Movie, MovieFile
from apps.users.models import User
from tests.media_files import Video, write_clip
from tests.scans import (
    add_film,
    add_nfo,
    as_nobody,
    film_bytes,
    issues,
    open_folder,
    scan,
    states,
)
from tests.waiting import until

if TYPE_CHECKING:
    from concurrent.futures import Future

BILLION_LAUGHS = """<!DOCTYPE lolz [
 <!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
]><movie><title>&c;</title></movie>"""
EXTERNAL_ENTITY = """<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<movie><title>&x;</title></movie>"""
PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def _png_header(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def test_broken_files_are_recorded_and_nothing_else(
    films: Library, films_dir: Path, member: User, browser_of: Callable[[User], Client]
) -> None:
    add_film(films_dir, "Good (2001)/Good (2001).mkv")
    whole = {suffix: film_bytes(suffix, 50) for suffix in (".mp4", ".mkv")}
    broken = {
        "empty.mkv": b"",
        "cut.mp4": whole[".mp4"][: len(whole[".mp4"]) // 2],
        "cut.mkv": whole[".mkv"][:300],
        "noise.mkv": random.Random(1).randbytes(50_000),  # noqa: S311
        "text.mp4": b"This is a text about a film.\n" * 100,
        "playlist.mp4": PLAYLIST.encode(),
        "zeros.avi": bytes(100_000),
        "picture.mkv": _png_header(10, 10),
        "script.mkv": b"#!/bin/sh\necho film\n",
    }
    for name, content in broken.items():
        (films_dir / name).write_bytes(content)

    done = scan(films)

    assert done.status == ScanStatus.COMPLETED
    assert (done.items_found, done.items_scanned, done.error_count) == (10, 10, 9)
    assert issues(done, films_dir) == {
        "empty.mkv": "empty",
        "cut.mp4": "truncated",
        "cut.mkv": "truncated",
        "noise.mkv": "not_media",
        "text.mp4": "not_media",
        "playlist.mp4": "not_media",
        "zeros.avi": "not_media",
        "picture.mkv": "not_media",
        "script.mkv": "not_media",
    }
    assert [movie.title for movie in Movie.objects.all()] == ["Good"]
    assert MovieFile.objects.count() == 1
    refused = MediaFile.objects.filter(state=FileState.BROKEN)
    assert {file.path for file in refused} == set(broken)
    browser = browser_of(member)
    answers = [browser.get(reverse("playback:stream", args=[file.pk])) for file in refused]
    assert [answer.status_code for answer in answers] == [404] * 9


def test_a_broken_file_is_not_read_again_until_it_changes(films: Library, films_dir: Path) -> None:
    broken = films_dir / "Film (2001)/Film (2001).mkv"
    broken.parent.mkdir()
    broken.write_bytes(film_bytes(".mkv")[:300])
    scan(films)
    first = MediaFile.objects.get()

    again = scan(films)

    assert (again.items_updated, again.error_count) == (0, 0)
    assert MediaFile.objects.get().probed_at == first.probed_at
    broken.write_bytes(film_bytes(".mkv"))
    mended = scan(films)
    assert (mended.items_updated, mended.error_count) == (1, 0)
    assert Movie.objects.get().library_ids == [films.pk]


STRANGE_NAMES = {
    "🎬 Émile.mkv": "🎬 Émile",
    "-rf.mp4": "rf",
    'It\'s "quoted".mkv': 'It\'s "quoted"',
    "new\nline.mkv": "new line",
    "back\\slash.mkv": "slash",
    "50% off #1.mkv": "50% off 1",
    "a {brace} b.mkv": "a",
    "$(touch x) `id`.mkv": "$",
    "<script>alert(1)<script>.mkv": "<script>alert",
    "concat:a|b.mkv": "concat:a - b",
    "%03d.mkv": "%03d",
    "trailing dot..mkv": "trailing dot",
}


def test_films_of_strange_names_are_films(
    films: Library, films_dir: Path, member: User, browser_of: Callable[[User], Client]
) -> None:
    longest = f"{'x' * 251}.mkv"
    for name in (*STRANGE_NAMES, longest):
        add_film(films_dir, name)

    done = scan(films)

    assert issues(done, films_dir) == {}
    titles = {
        link.media_file.path: link.movie.title
        for link in MovieFile.objects.select_related("movie", "media_file")
    }
    assert titles == {**STRANGE_NAMES, longest: "x" * 251}
    browser = browser_of(member)
    answers = [
        browser.get(reverse("playback:stream", args=[file.pk])) for file in MediaFile.objects.all()
    ]
    assert [answer.status_code for answer in answers] == [200] * len(titles)


def test_links_pipes_devices_and_unspeakable_names_are_no_films(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    bad_name = os.fsdecode(b"caf\xe9.mkv")
    outside = tmp_path / "outside"
    add_film(films_dir, "Good (2001).mkv")
    add_film(outside, "secret.mkv")
    (films_dir / bad_name).write_bytes(film_bytes(".mkv"))
    (films_dir / "link.mkv").symlink_to(outside / "secret.mkv")
    (films_dir / "folder").symlink_to(outside)
    (films_dir / "loop").symlink_to(films_dir)
    os.mkfifo(films_dir / "pipe.mkv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(films_dir / "socket.mkv"))
        done = scan(films)

    assert states(films) == {"Good (2001).mkv": "available"}
    assert issues(done, films_dir) == {
        r"caf\xe9.mkv": "bad_name",
        "link.mkv": "link_outside",
        "folder": "link_outside",
    }


def test_a_film_replaced_by_a_link_is_not_served(
    films: Library, films_dir: Path, member: User, browser_of: Callable[[User], Client]
) -> None:
    film = add_film(films_dir, "Film (2001).mkv")
    scan(films)
    film.unlink()
    film.symlink_to("/etc/passwd")

    address = reverse("playback:stream", args=[MediaFile.objects.get().pk])

    assert browser_of(member).get(address).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        BILLION_LAUGHS,
        EXTERNAL_ENTITY,
        "<movie><title>Wrong</title>" + "x" * (5 * 1024 * 1024) + "</movie>",
        "<movie><title>Wrong</movie>",
    ],
    ids=["bomb", "external", "large", "broken"],
)
def test_a_hostile_nfo_is_recorded_and_its_film_is_named_by_its_file(
    films: Library, films_dir: Path, content: str
) -> None:
    add_film(films_dir, "Right (2001)/Right (2001).mkv")
    (films_dir / "Right (2001)/movie.nfo").write_text(content)

    done = scan(films)

    assert issues(done, films_dir) == {"Right (2001)/movie.nfo": "bad_nfo"}
    movie = Movie.objects.get()
    assert (movie.title, movie.year, movie.overview) == ("Right", 2001, "")


def test_values_too_large_for_their_columns_are_cut_or_left_out(
    films: Library, films_dir: Path
) -> None:
    add_film(films_dir, "Film (2001)/Film (2001).mkv")
    actors = "".join(f"<actor><name>A {n}</name></actor>" for n in range(2000))
    long = "x" * 19_000
    add_nfo(
        films_dir / "Film (2001)",
        "movie.nfo",
        f"<title>{long}</title><country>{long}</country><studio>{long}</studio><tag>{long}</tag>"
        f"<genre>{long}</genre><mpaa>{long}</mpaa><tagline>{long}</tagline><set>{long}</set>"
        f"<director>{long}</director><votes>999999999</votes><rating>9</rating>"
        f"<runtime>999999999999</runtime><sorttitle>{long}</sorttitle>{actors}",
    )

    done = scan(films)

    assert (done.status, issues(done, films_dir)) == (ScanStatus.COMPLETED, {})
    movie = Movie.objects.get()
    assert (len(movie.title), len(movie.countries[0]), len(movie.certification)) == (500, 100, 64)
    assert movie.collection is not None
    assert len(movie.collection.name) == 255
    assert movie.credits.count() == 1001


def test_unusable_pictures_are_recorded_and_the_next_one_is_taken(
    films: Library, films_dir: Path, settings: LazySettings
) -> None:
    folder = add_film(films_dir, "Film (2001)/Film (2001).mkv").parent
    (folder / "poster.png").write_bytes(_png_header(60_000, 60_000))
    (folder / "folder.jpg").write_text("This is no picture.")
    (folder / "fanart.jpg").write_bytes(b"")
    PIL.Image.new("RGB", (100, 150)).save(folder / "cover.png")
    (folder / "logo.png").write_bytes(bytes(settings.IMAGE_MAX_BYTES + 1))

    done = scan(films)

    assert issues(done, films_dir) == dict.fromkeys(
        (f"Film (2001)/{name}" for name in ("poster.png", "folder.jpg", "fanart.jpg", "logo.png")),
        "bad_picture",
    )
    movie = Movie.objects.get()
    assert movie.poster is not None
    assert movie.poster.source_path == str(folder / "cover.png")
    assert (movie.backdrop, movie.logo) == (None, None)


def test_a_file_that_takes_too_long_is_given_up_and_tried_again_by_the_next_scan(
    films: Library, films_dir: Path, settings: LazySettings
) -> None:
    # Names full of words that may mean something take long to guess.
    folder, name = (f"Slow (2001) {28 * words}" for words in ("dvd dts ", "dts dvd "))
    path = f"{folder.strip()}/{name.strip()}.mkv"
    add_film(films_dir, path)
    settings.PROBE_TIMEOUT = 0.01
    slow = scan(films)
    assert issues(slow, films_dir) == {path: "timed_out"}
    assert not Movie.objects.exists()

    settings.PROBE_TIMEOUT = 60
    again = scan(films)

    assert (again.items_updated, again.error_count) == (1, 0)
    assert Movie.objects.get().title == "Slow"
    assert scan(films).items_updated == 0


def _strike(
    pool: inspection.Inspector, future: "Future[inspection.Inspection]", number: int
) -> None:
    """Send a signal to the process that reads a file."""
    manager = pool._pool._pool_manager.worker_manager
    while not future.running():
        time.sleep(0.001)
    # A process that dies while it takes its job would keep the lock of the jobs' pipe.
    with manager.workers_channel.lock() as locked:
        assert locked
        for pid in list(manager.workers):
            os.kill(pid, number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_reading_process_that_dies_costs_one_file(tmp_path: Path, number: int) -> None:
    film = add_film(tmp_path, "Film.mkv")
    job = inspection.InspectionJob(str(film), film.name, only_movie_in_folder=False)
    with inspection.inspector(processes=1, timeout=60) as pool:
        future = pool.submit(job)
        _strike(pool, future, number)
        killed = pool.result(future, waiting=lambda: None)
        healthy = pool.result(pool.submit(job), waiting=lambda: None)

    assert killed.failure == "unreadable"
    assert f"exit code -{number:d}" in killed.message
    assert healthy.name is not None
    assert healthy.name["title"] == "Film"


def test_a_reading_process_that_hangs_costs_one_file(tmp_path: Path) -> None:
    film = add_film(tmp_path, "Film.mkv")
    job = inspection.InspectionJob(str(film), film.name, only_movie_in_folder=False)
    with inspection.inspector(processes=1, timeout=1) as pool:
        future = pool.submit(job)
        _strike(pool, future, signal.SIGSTOP)
        hanging = pool.result(future, waiting=lambda: None)
        pool._timeout = 60
        healthy = pool.result(pool.submit(job), waiting=lambda: None)

    assert (hanging.failure, healthy.failure) == ("timed_out", None)


def test_a_pool_that_ends_waits_for_nobody_who_still_reads() -> None:
    with inspection.inspector(processes=1, timeout=60) as pool:
        # It hears of no signal, as a probe that waits for a disk.
        work = ["sha256", b"", b"", 2**31 - 1]
        future = pool._pool.schedule(hashlib.pbkdf2_hmac, args=work, timeout=30)
        until(future.running)
        processes = list(pool._pool._pool_manager.worker_manager.workers.values())

    assert [process.exitcode for process in processes] == [-signal.SIGTERM]


def test_a_reading_process_may_not_eat_the_memory(tmp_path: Path) -> None:
    film = add_film(tmp_path, "Film.mkv")
    job = inspection.InspectionJob(str(film), film.name, only_movie_in_folder=False)
    with inspection.inspector(processes=1, timeout=60) as pool:
        pool.result(pool.submit(job), waiting=lambda: None)
        workers = list(pool._pool._pool_manager.worker_manager.workers)
        limits = [resource.prlimit(pid, resource.RLIMIT_AS) for pid in workers]

    assert limits == [(inspection.MEMORY_LIMIT, inspection.MEMORY_LIMIT)]


def test_a_film_that_takes_more_memory_than_there_is_has_a_verdict(tmp_path: Path) -> None:
    wide = Video(width=8192, height=4352, options={"preset": "ultrafast"})
    film = write_clip(tmp_path / "Wide.mkv", video=[wide], frames=1)
    code = f"""if True:
        import resource
        from apps.libraries.scan import inspection, probe_discs
        job = inspection.InspectionJob({str(film)!r}, "Wide.mkv", only_movie_in_folder=False)
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 30 * 1024**2,) * 2)
        print(inspection.inspect_file(job).failure)
    """
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert told.stdout == b"undecodable\n"


def test_an_error_that_nobody_thought_of_costs_one_file(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = inspection.InspectionJob(3.5, "a.mkv", only_movie_in_folder=False)  # type: ignore[arg-type]
    with inspection.inspector(processes=1, timeout=60) as pool:
        verdict = pool.result(pool.submit(job), waiting=lambda: None)

    assert (verdict.probe, verdict.failure) == (None, "undecodable")
    assert verdict.message.startswith("TypeError: ")
    assert "a file could not be read" in caplog.messages


def test_a_file_that_vanished_before_it_was_read_has_a_verdict(tmp_path: Path) -> None:
    job = inspection.InspectionJob(str(tmp_path / "a.mkv"), "a.mkv", only_movie_in_folder=False)

    verdict = inspection.inspect_file(job)

    assert (verdict.probe, verdict.name, verdict.failure) == (None, None, "unreadable")


def test_a_file_that_became_a_link_before_it_was_read_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.mkv"
    link.symlink_to(add_film(tmp_path, "elsewhere/Film.mkv"))
    job = inspection.InspectionJob(str(link), link.name, only_movie_in_folder=False)

    verdict = inspection.inspect_file(job)

    assert (verdict.probe, verdict.name, verdict.failure) == (None, None, "unreadable")


def test_what_the_database_refuses_stops_no_other_folder(films: Library, films_dir: Path) -> None:
    """A limit that nothing here knows of: the table itself refuses one of the films."""
    add_film(films_dir, "Good (2001)/Good (2001).mkv")
    add_film(films_dir, "Refused (2002)/Refused (2002).mkv")
    add_film(films_dir, "Zebra (2003)/Zebra (2003).mkv")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE movies_movie ADD CONSTRAINT no CHECK (year <> 2002)")

    done = scan(films)

    assert done.status == ScanStatus.COMPLETED
    assert issues(done, films_dir) == {"Refused (2002)": "unstorable"}
    assert {movie.title for movie in Movie.objects.all()} == {"Good", "Zebra"}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE movies_movie DROP CONSTRAINT no")
    assert scan(films).items_added == 1
    assert Movie.objects.filter(title="Refused").exists()


def test_what_is_beside_a_refused_folder_is_stored_whole(films: Library) -> None:
    """In a second try, to which the first one, rolled back, has left nothing."""
    with open_folder() as root:
        for number, title in enumerate(("Good", "Closed", "Refused")):
            add_film(root, f"{title} (2001)/{title} (2001).mkv", frames=5 + number)
        nfo = add_nfo(root / "Closed (2001)", "movie.nfo", "")
        services.library_set_roots(library=films, roots=[str(root)])
        scan(films)
        for title in ("Good", "Closed"):
            (root / f"{title} (2001)/{title} (2001).en.srt").touch()
        add_nfo(root / "Refused (2001)", "movie.nfo", "<plot>-</plot>")
        nfo.chmod(0)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE movies_movie ADD CHECK (overview = '')")
        with as_nobody():
            done = scan(films)

    assert set(issues(done, root).values()) == {"unstorable", "unreadable"}
    good = MediaFile.objects.get(path__contains="Good")
    closed = MediaFile.objects.get(path__contains="Closed")
    assert good.subtitle_languages == closed.subtitle_languages == ["en"]
    assert not closed.folder.signature  # the next scan looks


def test_issues_are_bounded_and_not_repeated(films: Library, films_dir: Path) -> None:
    for number in range(3):
        (films_dir / f"{number}.mkv").write_bytes(b"-")

    done = scan(films, ScanType.FULL)

    assert done.error_count == ScanIssue.objects.filter(scan=done).count() == 3
