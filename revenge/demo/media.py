"""Any number of tiny films that really play: a few encoded templates, and many invented names."""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from PIL import Image

from revenge.demo import words
from revenge.demo.encoding import encode_clip
from revenge.demo.film import Audio, AudioCodec, Clip, Video, VideoCodec
from revenge.demo.picture import moving_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

TMDB_BASE = 9_100_000
IMDB_BASE = 99_100_000
FIRST_YEAR, LAST_YEAR = 1920, 2025
VERSIONS_SHARE = 0.03
FLAT_SHARE = 0.1
RELEASE_NAME_SHARE = 0.15
ID_IN_NAME_SHARE = 0.15
NFO_SHARE = 0.85

_SIZE = (160, 90)
_AAC, _OPUS, _AC3 = (
    (Audio(codec, layout="mono"),) for codec in (AudioCodec.AAC, AudioCodec.OPUS, AudioCodec.AC3)
)
TEMPLATES = (
    Clip("h264.mp4", 1, video=Video(VideoCodec.H264, *_SIZE), audio=_AAC),
    Clip("h264.mkv", 1, video=Video(VideoCodec.H264, *_SIZE), audio=_AAC),
    Clip("vp9.webm", 1, video=Video(VideoCodec.VP9, *_SIZE), audio=_OPUS),
    Clip("hevc.mkv", 1, video=Video(VideoCodec.HEVC, *_SIZE), audio=_AC3),
)


@dataclass(frozen=True, slots=True)
class DemoMediaReport:
    """`count` video files; `size` in bytes includes NFO files."""

    count: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Film:
    """A film on disk: `folder` is empty for a flat one, `videos` are its files without suffixes,
    `nfo` is the document to lie beside the first of them."""

    folder: str
    videos: tuple[str, ...]
    nfo: str | None


def make_demo_media(
    directory: Path, *, count: int, seed: int = 1, every_in_folder: bool = False
) -> DemoMediaReport:
    """Write `count` video files, the same for the same seed; files of these names are replaced.

    One film in ten lies flat in the directory, unless `every_in_folder`. Raises ValueError for a
    count below 1 and OSError where the directory cannot be written.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    started = time.monotonic()
    directory.mkdir(parents=True, exist_ok=True)
    templates = _encode_templates()
    random = Random(seed)  # noqa: S311 - names, not secrets
    size = written = 0
    for film in _films(random, every_in_folder=every_in_folder):
        folder = directory / film.folder
        folder.mkdir(exist_ok=True)
        for name in film.videos[: count - written]:
            suffix, content = random.choice(templates)
            size += (folder / f"{name}{suffix}").write_bytes(content)
            written += 1
        if film.nfo:
            size += (folder / f"{film.videos[0]}.nfo").write_bytes(film.nfo.encode())
        if written == count:
            break
    return DemoMediaReport(written, size, time.monotonic() - started)


def _encode_templates() -> list[tuple[str, bytes]]:
    """Suffix and content of each template."""
    picture = Image.linear_gradient("L").resize(_SIZE).convert("RGB")
    encoded = []
    with tempfile.TemporaryDirectory() as folder:
        for clip in TEMPLATES:
            path = Path(folder) / clip.path
            frames = moving_picture(picture, clip, title="Demo")
            encode_clip(path, clip, frames, chord=(-12, -5, 0, 4), title="")
            encoded.append((path.suffix, path.read_bytes()))
    return encoded


def _films(random: Random, *, every_in_folder: bool) -> Iterator[_Film]:
    """Films without end, no two of the same title and year."""
    taken: set[str] = set()
    number = 0
    while True:
        title, year = _title(random), random.randint(FIRST_YEAR, LAST_YEAR)
        name = f"{title} ({year})"
        if name in taken:
            continue
        taken.add(name)
        number += 1
        yield _film(random, title, year, number, every_in_folder=every_in_folder)


def _film(random: Random, title: str, year: int, number: int, *, every_in_folder: bool) -> _Film:
    name = f"{title} ({year})"
    if random.random() < ID_IN_NAME_SHARE:
        name += f" {{tmdb-{TMDB_BASE + number}}}"
    flat = random.random() < FLAT_SHARE and not every_in_folder
    base = name
    if random.random() < RELEASE_NAME_SHARE:
        words_only = title.replace(",", "").replace(" ", ".")
        base = f"{words_only}.{year}.{random.choice(words.RELEASE_TAGS)}-DEMO"
    videos: tuple[str, ...] = (base,)
    if random.random() < VERSIONS_SHARE:
        videos = (f"{name} - 1080p", f"{name} - 720p")
    nfo = _nfo(random, title, year, number) if random.random() < NFO_SHARE else None
    return _Film("" if flat else name, videos, nfo)


def _title(random: Random) -> str:
    noun, other = random.sample(words.NOUNS, 2)
    title = random.choice(words.TITLE_PATTERNS).format(
        adjective=random.choice(words.ADJECTIVES),
        noun=noun,
        other=other,
        place=random.choice(words.PLACES),
    )
    return _with_articles(title)


def _nfo(random: Random, title: str, year: int, number: int) -> str:
    plot = _plot(random)
    genres = "".join(f"  <genre>{genre}</genre>\n" for genre in random.sample(words.GENRES, 2))
    cast = "".join(
        f"  <actor><name>{_person(random)}</name><order>{order}</order></actor>\n"
        for order in range(random.randint(2, 4))
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        "<movie>\n"
        f"  <title>{escape(title)}</title>\n"
        f"  <year>{year}</year>\n"
        f"  <plot>{escape(plot)}</plot>\n"
        f'  <uniqueid type="tmdb" default="true">{TMDB_BASE + number}</uniqueid>\n'
        f'  <uniqueid type="imdb">tt{IMDB_BASE + number}</uniqueid>\n'
        f"{genres}  <director>{_person(random)}</director>\n{cast}"
        "</movie>\n"
    )


def _plot(random: Random) -> str:
    noun, other = random.sample(words.NOUNS, 2)
    sentence = random.choice(words.PLOT_PATTERNS).format(
        adjective=random.choice(words.ADJECTIVES).lower(),
        noun=noun.lower(),
        other=other.lower(),
        place=random.choice(words.PLACES),
    )
    return _with_articles(sentence)


def _with_articles(text: str) -> str:
    return re.sub(r"\b([Aa]) (?=[AEIOUaeiou])", r"\1n ", text)


def _person(random: Random) -> str:
    return f"{random.choice(words.GIVEN_NAMES)} {random.choice(words.FAMILY_NAMES)}"
