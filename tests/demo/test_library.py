"""The demo library as a folder: what lies in it, and how it comes to be there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from defusedxml import ElementTree
from PIL import Image

from revenge.demo.catalog import FILMS
from revenge.demo.library import STATE_FOLDER, ensure_demo_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from revenge.demo.film import Film

VIDEO_SUFFIXES = {".mp4", ".mkv", ".webm", ".mov", ".avi"}
Made = tuple[int, int, str]
DESCRIBED = [film for film in FILMS if film.story]


def snapshot(directory: Path) -> dict[str, int]:
    return {
        str(path.relative_to(directory)): path.stat().st_mtime_ns
        for path in directory.rglob("*")
        if path.is_file() and STATE_FOLDER not in path.parts
    }


def without(library: Path, copy: Path, *designs: str) -> Path:
    """A copy of the library that lacks some films."""
    shutil.copytree(library, copy)
    for film in FILMS:
        if film.design in designs:
            path = copy / film.entry
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return copy


def wait_for(condition: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("the condition did not come true")
        time.sleep(0.02)


def test_the_library_holds_the_twelve_films(demo_library: Path) -> None:
    visible = {path.name for path in demo_library.iterdir() if not path.name.startswith(".")}
    videos = [path for path in demo_library.rglob("*") if path.suffix in VIDEO_SUFFIXES]

    assert len(FILMS) == 12
    assert visible == {film.entry for film in FILMS}
    assert len(videos) == sum(len(film.clips) for film in FILMS)
    assert {path.name for path in (demo_library / STATE_FOLDER).iterdir()} == {"lock", "made"}


@pytest.mark.parametrize("film", DESCRIBED, ids=lambda film: film.design)
def test_a_film_has_its_nfo(demo_library: Path, film: Film) -> None:
    story = film.story
    assert story is not None
    movie = ElementTree.fromstring((demo_library / film.entry / story.nfo).read_bytes())
    ids = {node.get("type"): node.text for node in movie.findall("uniqueid")}

    assert movie.findtext("title") == film.title
    assert movie.findtext("year") == str(film.year) == story.premiered[:4]
    assert movie.findtext("plot") == story.plot
    assert movie.findtext("runtime") == "1"
    assert ids == {"tmdb": str(9_000_000 + story.number), "imdb": f"tt{9_900_000 + story.number}"}
    assert [node.text for node in movie.findall("genre")] == list(story.genres)
    assert [node.findtext("name") for node in movie.findall("actor")] == [
        role.actor for role in story.cast
    ]
    assert [node.findtext("order") for node in movie.findall("actor")] == [
        str(order) for order in range(len(story.cast))
    ]
    assert movie.findtext("set/name") == story.collection


def test_two_films_are_a_collection() -> None:
    collections = [film.story.collection for film in DESCRIBED if film.story]

    assert collections.count("The Gravity Collection") == 2


def test_posters_and_backdrops_differ(demo_library: Path) -> None:
    pictures = {"poster": set[bytes](), "backdrop": set[bytes]()}
    for film in DESCRIBED:
        if film.story:
            folder = demo_library / film.entry
            with Image.open(folder / film.story.poster) as poster:
                assert poster.size == (1000, 1500)
                pictures["poster"].add(poster.convert("L").resize((8, 12)).tobytes())
            with Image.open(folder / film.story.backdrop) as backdrop:
                assert backdrop.size == (1920, 1080)
                pictures["backdrop"].add(backdrop.convert("L").resize((16, 9)).tobytes())

    assert {kind: len(set_) for kind, set_ in pictures.items()} == {"poster": 11, "backdrop": 11}


def test_side_captions_come_in_several_formats_and_encodings(demo_library: Path) -> None:
    rain = demo_library / "A Brief History of Rain (2003)"
    gravity = demo_library / "Gravity Is a Suggestion (2021)"
    waltz = demo_library / "Waltz for a Broken Elevator (1963)"
    french = (rain / "A Brief History of Rain (2003).fr.srt").read_bytes()
    [vtt], [ass] = gravity.glob("*.en.sdh.vtt"), waltz.glob("*.en.ass")

    with pytest.raises(UnicodeDecodeError):
        french.decode()
    assert "Au début, il y eut une goutte." in french.decode("cp1252")
    assert french.startswith(b"1\n00:00:00,400 --> 00:00:03,600\n")
    assert vtt.read_text(encoding="utf-8").startswith("WEBVTT\n\n00:00:00.400 --> 00:00:03.600\n[")
    assert "Dialogue: 0,0:00:00.40,0:00:03.60,Default,,0,0,0,,Going up?\n" in ass.read_text()
    assert [path.name[-14:] for path in waltz.glob("*.srt")] == [".de.forced.srt"]


def test_an_up_to_date_library_is_left_alone(demo_library: Path) -> None:
    before, made = snapshot(demo_library), list[Made]()

    assert (
        ensure_demo_library(demo_library, progress=lambda *film: made.append(film)) == demo_library
    )
    assert snapshot(demo_library) == before
    assert made == []


def test_films_of_another_version_are_made_anew(demo_library: Path, tmp_path: Path) -> None:
    directory, summer = (
        without(demo_library, tmp_path / "Films"),
        "Seventeen Minutes of Summer (1995).mp4",
    )
    (directory / "Old Film (1999)").mkdir()
    (directory / "My Own Film (2001)").mkdir()
    (directory / summer).write_bytes(b"old")
    record = directory / STATE_FOLDER / "made"
    record.write_text(f"0\nOld Film (1999)\n{summer}\n../probe", encoding="utf-8")
    (tmp_path / "probe").touch()
    made: list[Made] = []

    ensure_demo_library(directory, progress=lambda *film: made.append(film))

    assert made == [(1, 1, "Seventeen Minutes of Summer (1995)")]
    assert not (directory / "Old Film (1999)").exists()
    assert (directory / "My Own Film (2001)").exists()
    assert (tmp_path / "probe").exists()
    assert snapshot(directory).keys() == snapshot(demo_library).keys()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_generation_is_completed(demo_library: Path, tmp_path: Path) -> None:
    missing = ("rain", "summer")
    directory = without(demo_library, tmp_path / "Films", *missing)
    kept = snapshot(directory)
    run = subprocess.Popen([sys.executable, "-m", "revenge.demo", "library", str(directory)])
    wait_for(lambda: any((directory / STATE_FOLDER).glob("partial-*/*/*.m*")))
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()

    wait_for(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in children))
    assert len(children) >= 2
    assert any((directory / STATE_FOLDER).glob("partial-*"))
    assert snapshot(directory).keys() < snapshot(demo_library).keys()

    ensure_demo_library(directory)

    after = snapshot(directory)
    assert after.keys() == snapshot(demo_library).keys()
    assert {path: after[path] for path in kept} == kept
    assert not any((directory / STATE_FOLDER).glob("partial-*"))
