"""The demo library: made once, atomically, film by film."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from revenge.demo.art.posters import DESIGNS, paint_backdrop, paint_poster
from revenge.demo.captions import cues, write_captions
from revenge.demo.catalog import FILMS
from revenge.demo.encoding import encode_clip
from revenge.demo.nfo import write_nfo
from revenge.demo.picture import moving_picture
from revenge.processes import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image

    from revenge.demo.film import Clip, Film

    Progress = Callable[[int, int, str], None]

# Raise it when the films change: libraries of another version are made anew.
VERSION = 1
# Hidden, so that a scan passes over it; inside, so that a rename stays on one file system.
STATE_FOLDER = ".revenge-demo"


def ensure_demo_library(directory: Path, *, progress: Progress | None = None) -> Path:
    """Make the films that `directory` lacks, and return it.

    Every film appears whole, by one rename; a generation that was killed is completed by the next
    call, and callers at the same time wait for each other. `progress` gets, for every film
    made, how many are, of how many, and its name; what it raises stops the work.
    Raises OSError where the directory cannot be written.
    """
    state = directory / STATE_FOLDER
    state.mkdir(parents=True, exist_ok=True)
    with _exclusive(state / "lock"):
        _drop_outdated(directory, state)
        missing = [
            index for index, film in enumerate(FILMS) if not (directory / film.entry).exists()
        ]
        if missing:
            _make(directory, missing, progress or (lambda _done, _total, _name: None))
    return directory


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _drop_outdated(directory: Path, state: Path) -> None:
    """Remove what a killed run left half-made, and the films that another version made."""
    for partial in state.glob("partial-*"):
        shutil.rmtree(partial)
    record = state / "made"
    made = record.read_text(encoding="utf-8") if record.exists() else str(VERSION)
    version, *entries = made.split("\n")
    if version != str(VERSION):
        for entry in entries:
            path = directory / Path(entry).name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    replacement = record.with_suffix(".new")
    content = "\n".join((str(VERSION), *(film.entry for film in FILMS)))
    replacement.write_text(content, encoding="utf-8")
    replacement.replace(record)


def _make(directory: Path, indexes: list[int], progress: Progress) -> None:
    workers = min(len(indexes), os.cpu_count() or 1)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=directory / STATE_FOLDER))
    # Spawned, because forking a process with threads is unsafe.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_prepare_worker) as pool:
        jobs = {
            pool.submit(_make_film, index, partial, directory): FILMS[index] for index in indexes
        }
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                job.result()
                progress(done, len(jobs), jobs[job].name)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _prepare_worker() -> None:
    os.environ["SVT_LOG"] = "1"  # the AV1 encoder tells of errors alone
    end_with_parent()


def _make_film(index: int, partial: Path, directory: Path) -> None:
    film = FILMS[index]
    folder = partial / str(index)
    folder.mkdir()
    design = DESIGNS[film.design]
    backdrop = paint_backdrop(design)
    cover = None
    if film.story:
        (folder / film.story.nfo).write_bytes(write_nfo(film, film.story))
        poster = paint_poster(design, byline=f"A film by {film.story.directors[0]}")
        cover = _jpeg(poster)
        (folder / film.story.poster).write_bytes(cover)
        (folder / film.story.backdrop).write_bytes(_jpeg(backdrop))
    for clip in film.clips:
        _make_clip(folder, film, clip, backdrop, cover if clip.attach_cover else None)
    for caption in film.captions:
        dialogue = cues(caption.lines, seconds=film.clips[0].seconds)
        text = write_captions(dialogue, caption.format)
        (folder / caption.path).write_text(text, encoding=caption.encoding)
    (folder if film.story else folder / film.entry).rename(directory / film.entry)


def _make_clip(
    folder: Path, film: Film, clip: Clip, backdrop: Image.Image, cover: bytes | None
) -> None:
    path = folder / clip.path
    path.parent.mkdir(exist_ok=True)
    pictures = moving_picture(backdrop, clip, title=film.title)
    encode_clip(path, clip, pictures, chord=film.chord, title=film.title, cover=cover)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90, optimize=True, progressive=True)
    return buffer.getvalue()
