"""Any number of tiny films."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import av
import pytest
from defusedxml import ElementTree

from revenge.demo.media import TEMPLATES, DemoMediaReport, make_demo_media

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 1000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoMediaReport]:
    directory = tmp_path_factory.mktemp("media") / "Films"
    return directory, make_demo_media(directory, count=COUNT, seed=7)


def videos(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.suffix in {".mp4", ".mkv", ".webm"}]


def names(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def test_it_makes_as_many_files_as_asked(made: tuple[Path, DemoMediaReport]) -> None:
    directory, report = made
    files = [path for path in directory.rglob("*") if path.is_file()]

    assert len(videos(directory)) == report.count == COUNT
    assert report.size == sum(path.stat().st_size for path in files)
    assert report.seconds > 0


def test_every_kind_of_file_plays(made: tuple[Path, DemoMediaReport]) -> None:
    kinds = {path.read_bytes(): path for path in videos(made[0])}
    codecs = set()
    for path in kinds.values():
        with av.open(str(path)) as container:
            codecs.add(
                tuple(stream.codec_context.codec.canonical_name for stream in container.streams)
            )
            assert sum(1 for _frame in container.decode(video=0)) == 24
        with av.open(str(path)) as container:
            assert next(container.decode(audio=0)).samples > 0
        assert path.stat().st_size < 25_000

    assert len(kinds) == len(TEMPLATES)
    assert codecs == {("h264", "aac"), ("vp9", "opus"), ("hevc", "ac3")}


def test_files_are_copies_not_links(made: tuple[Path, DemoMediaReport]) -> None:
    assert {path.stat().st_nlink for path in videos(made[0])} == {1}
    assert not any(path.is_symlink() for path in videos(made[0]))


def test_names_vary_in_the_ways_of_real_libraries(made: tuple[Path, DemoMediaReport]) -> None:
    directory, _report = made
    films = videos(directory)
    flat = [path for path in films if path.parent == directory]
    versions = [path for path in films if path.stem.endswith(" - 720p")]
    released = [path for path in films if path.stem.endswith("-DEMO")]
    with_id = [path for path in directory.iterdir() if "{tmdb-91" in path.name]

    assert 60 < len(flat) < 140
    assert 15 < len(versions) < 50
    assert 100 < len(released) < 200
    assert 100 < len(with_id) < 250
    assert all(re.search(r"\b(19[2-9]\d|20[01]\d|202[0-5])\b", path.stem) for path in films)


def test_nfos_have_ids_of_their_own(made: tuple[Path, DemoMediaReport]) -> None:
    documents = [ElementTree.fromstring(path.read_bytes()) for path in made[0].rglob("*.nfo")]
    ids = [document.findtext("uniqueid[@type='tmdb']") for document in documents]
    named = [(document.findtext("title"), document.findtext("year")) for document in documents]

    assert 750 < len(documents) < 950
    assert len(set(ids)) == len(set(named)) == len(documents)
    assert all(
        document.findtext("plot") and document.find("actor") is not None for document in documents
    )


def test_the_id_in_a_name_is_the_nfos(made: tuple[Path, DemoMediaReport]) -> None:
    pairs = [
        (match[1], ElementTree.parse(path).findtext("uniqueid[@type='tmdb']"))
        for path in made[0].rglob("*.nfo")
        if (match := re.search(r"\{tmdb-(\d+)\}", str(path)))
    ]

    assert len(pairs) > 50
    assert all(in_name == in_nfo for in_name, in_nfo in pairs)


def test_the_seed_decides_the_names(tmp_path: Path, made: tuple[Path, DemoMediaReport]) -> None:
    make_demo_media(tmp_path / "same", count=60, seed=7)
    make_demo_media(tmp_path / "other", count=60, seed=8)

    assert names(tmp_path / "same") < names(made[0])
    assert names(tmp_path / "other").isdisjoint(names(made[0]))


def test_every_film_in_a_folder(tmp_path: Path) -> None:
    make_demo_media(tmp_path, count=60, every_in_folder=True)

    assert len(videos(tmp_path)) == 60
    assert all(path.is_dir() for path in tmp_path.iterdir())


def test_a_count_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_demo_media(tmp_path / "none", count=0)

    assert not (tmp_path / "none").exists()
