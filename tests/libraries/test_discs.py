"""The main film of a Blu-ray or DVD folder."""

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.libraries.scan import discs, probe_discs
from apps.libraries.scan.playlists import PlaylistError, parse_playlist
from apps.libraries.scan.probe_discs import probe_path
from apps.libraries.scan.probe_types import (
    Chapter,
    Container,
    ProbeError,
    ProbeFailure,
    SubtitleKind,
    SubtitleTrack,
)
from apps.libraries.scan.titlesets import TitleSetError, TitleSetTrack, parse_title_set
from tests.disc_files import Item, add_blu_ray, add_dvd, playlist, title_set


def film(disc: Path) -> discs.MainFilm:
    return discs.main_film(str(disc))


def segments(disc: Path) -> list[str]:
    return [segment.path for segment in film(disc).segments]


def _bare(disc: Path, *sizes: tuple[str, int]) -> Path:
    """A disc's folder with files of so many bytes, which nobody reads."""
    for name, size in sizes:
        path = disc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return disc


def test_a_playlist() -> None:
    data = playlist(
        [
            Item("00001", 5, audio={0x1100: "eng", 0x1101: "und"}, subtitles={0x1200: "ger"}),
            Item("00002", 70, start=10, angles=3, audio={0x1100: "fra"}),
        ],
        marks=[(0, 0), (0, 2.5), (1, 40), (9, 1)],
    )
    found = parse_playlist(data)
    assert [(item.clip, item.start, item.end, item.languages) for item in found.items] == [
        ("00001", 0, 5, {0x1100: "en", 0x1200: "de"}),
        ("00002", 10, 70, {0x1100: "fr"}),
    ]
    assert found.chapters == (0, 2.5, 35)
    assert found.distinct_duration == 65


def test_a_title_set() -> None:
    data = title_set(
        audio=[("en", 1), ("de", 3), ("", 0)],
        subtitles=[("en", 5), ("fr", 9)],
        chains=[[10, 20], [600, 3000, 1], [5]],
    )
    found = parse_title_set(data)
    assert found.audio == (TitleSetTrack("en", 1), TitleSetTrack("de", 3), TitleSetTrack(None, 0))
    assert found.subtitles == (TitleSetTrack("en", 5), TitleSetTrack("fr", 9))
    assert (found.duration, found.chapters) == (3601, (0, 600, 3600))
    assert parse_title_set(title_set()).duration is None


@settings(deadline=None)
@given(
    st.binary(max_size=200),
    st.integers(0, 4096),
    st.binary(min_size=1, max_size=8),
)
def test_tables_of_any_bytes(tail: bytes, position: int, patch: bytes) -> None:
    whole_list = playlist([Item("00001", 5, audio={1: "eng"})], marks=[(0, 0)])
    whole_set = title_set(audio=[("en", 1)], chains=[[1, 2]])
    for data in (b"MPLS0200" + tail, whole_list[: position % len(whole_list)] + patch + tail):
        with contextlib.suppress(PlaylistError):
            assert parse_playlist(data).distinct_duration >= 0
    for data in (b"DVDVIDEO-VTS" + tail, whole_set[:position] + patch + whole_set[position:]):
        with contextlib.suppress(TitleSetError):
            assert len(parse_title_set(data).audio) <= 8


LONG = playlist([Item("00001", 60), Item("00002", 60)], marks=[(0, 0), (1, 0)])


@pytest.mark.parametrize(
    ("playlists", "expected"),
    [
        ({"00000": LONG, "00001": playlist([Item("00003", 90)])}, ["00001", "00002"]),
        # A menu that plays its clip again and again is no long film.
        ({"00000": playlist([Item("00003", 50)] * 9), "00800": LONG}, ["00001", "00002"]),
        # Decoys shuffle the clips, and have no chapters.
        (
            {"00000": playlist([Item("00002", 60), Item("00001", 60)]), "00100": LONG},
            ["00001", "00002"],
        ),
        ({"00005": LONG, "00001": playlist([Item("00009", 999)])}, ["00001", "00002"]),
        ({"00000": b"MPLS", "00001": b"", "00002": LONG[:50], "00003": LONG}, ["00001", "00002"]),
        ({"00000": playlist([Item("00001", 9), Item("00001", 9)])}, ["00001"]),
        ({}, ["00003"]),
        ({"00000": playlist([])}, ["00003"]),
    ],
    ids=["longest", "repeats", "decoy", "missing clip", "broken", "once", "none", "empty"],
)
def test_the_main_playlist_of_a_blu_ray(
    tmp_path: Path, playlists: dict[str, bytes], expected: list[str]
) -> None:
    clips = ("STREAM/00001.m2ts", 10), ("STREAM/00002.m2ts", 20), ("STREAM/00003.m2ts", 500)
    disc = _bare(tmp_path / "BDMV", *clips)
    for name, data in playlists.items():
        (disc / "PLAYLIST").mkdir(exist_ok=True)
        (disc / f"PLAYLIST/{name}.mpls").write_bytes(data)
    assert segments(disc) == [f"STREAM/{clip}.m2ts" for clip in expected]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            [("VTS_01_0.VOB", 900), ("VTS_01_1.VOB", 30), ("VTS_02_2.VOB", 30),
             ("VTS_02_1.VOB", 20), ("VIDEO_TS.VOB", 999)],
            ["VTS_02_1.VOB", "VTS_02_2.VOB"],
        ),
        ([("vts_01_1.vob", 1), ("vts_01_1.ifo", 1), ("x.mkv", 9)], ["vts_01_1.vob"]),
    ],
)  # fmt: skip
def test_the_largest_title_set_of_a_dvd(
    tmp_path: Path, files: list[tuple[str, int]], expected: list[str]
) -> None:
    assert segments(_bare(tmp_path / "Video_TS", *files)) == expected


def test_size_and_time_are_those_of_the_main_film(tmp_path: Path) -> None:
    disc = _bare(
        tmp_path / "VIDEO_TS", ("VTS_01_1.VOB", 5), ("VTS_01_2.VOB", 6), ("VTS_02_1.VOB", 7)
    )
    os.utime(disc / "VTS_01_2.VOB", ns=(9, 9))
    os.utime(disc / "VTS_01_1.VOB", ns=(5, 5))
    found = film(disc)
    assert (found.size, found.mtime_ns, found.kind) == (11, 9, discs.DiscKind.DVD)


@pytest.mark.parametrize("name", ["BDMV", "VIDEO_TS"])
def test_a_disc_without_a_film(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    _bare(outside, ("00001.m2ts", 9), ("VTS_01_1.VOB", 9))
    disc = _bare(tmp_path / name, ("index.bdmv", 1), ("VTS_01_0.VOB", 1))
    (disc / "STREAM").symlink_to(outside)
    (disc / "VTS_02_1.VOB").symlink_to(outside / "VTS_01_1.VOB")
    with pytest.raises(discs.DiscError):
        film(disc)
    with pytest.raises(ProbeError) as caught:
        probe_path(str(disc))
    assert caught.value.reason is ProbeFailure.NO_VIDEO


def test_a_blu_ray_is_probed_as_one_film(tmp_path: Path) -> None:
    languages = {0x1100: "eng", 0x1101: "ger"}
    items = [Item("00001", 1.0, audio=languages), Item("00002", 2.0)]
    disc = add_blu_ray(
        tmp_path,
        {"00001": 50, "00002": 25},
        {"00800": playlist(items, marks=[(0, 0), (0, 0.5), (1, 0)])},
        sound=2,
    )
    found = probe_path(str(disc))
    assert (found.container, found.duration) == (Container.BLU_RAY, 3.0)
    assert found.size == sum(path.stat().st_size for path in (disc / "STREAM").iterdir())
    assert found.video[0].codec == "h264"
    assert [(track.codec, track.language) for track in found.audio] == [
        ("ac3", "en"),
        ("ac3", "de"),
    ]
    assert found.chapters == (
        Chapter(0, 0.5, None), Chapter(0.5, 1, None), Chapter(1, 3, None),
    )  # fmt: skip


def test_a_dvd_is_probed_as_one_film(tmp_path: Path) -> None:
    disc = add_dvd(
        tmp_path,
        {"VTS_01_1.VOB": 25, "VTS_01_2.VOB": 25, "VTS_02_1.VOB": 5},
        {"VTS_01_0.IFO": title_set(audio=[("fr", 1), ("en", 3)], chains=[[1, 1]])},
    )
    found = probe_path(str(disc))
    assert (found.container, found.duration) == (Container.DVD, 2.0)
    assert (found.video[0].codec, found.video[0].width) == ("mpeg2video", 352)
    assert [(track.language, track.is_commentary) for track in found.audio] == [
        ("fr", False),
        ("en", True),
    ]
    assert [chapter.start for chapter in found.chapters] == [0, 1]


def test_subtitles_of_a_dvd_are_what_its_table_says() -> None:
    plain = SubtitleTrack(
        index=0, codec="dvd_subtitle", kind=SubtitleKind.BITMAP, language=None, title=None,
        is_default=False, is_forced=False, is_hearing_impaired=False, is_commentary=False,
    )  # fmt: skip
    tracks = [replace(plain, index=index) for index in range(5)]
    table = [TitleSetTrack("en", 1), TitleSetTrack("en", 5), TitleSetTrack("de", 9),
             TitleSetTrack("fr", 13)]  # fmt: skip
    told = probe_discs.dvd_subtitles(tracks, {0: 0x23, 1: 0x22, 2: 0x21, 3: 0x20, 4: 0x3F}, table)
    assert told == (
        replace(tracks[0], language="fr", is_commentary=True),
        replace(tracks[1], language="de", is_forced=True),
        replace(tracks[2], language="en", is_hearing_impaired=True),
        replace(tracks[3], language="en"),
        tracks[4],
    )


def test_a_dvd_without_tables_is_as_long_as_its_files(tmp_path: Path) -> None:
    disc = add_dvd(tmp_path, {"VTS_01_1.VOB": 50, "VTS_01_2.VOB": 25}, {"VTS_01_0.IFO": b"-"})
    found = probe_path(str(disc))
    assert found.duration == pytest.approx(3, abs=0.3)
    assert [track.language for track in found.audio] == [None, None]


def test_a_file_that_is_called_like_a_disc_is_none(tmp_path: Path) -> None:
    path = tmp_path / "BDMV"
    path.write_bytes(b"-" * 100)
    with pytest.raises(ProbeError) as caught:
        probe_path(str(path))
    assert caught.value.reason is ProbeFailure.NOT_MEDIA


def test_of_playlists_without_end_some_are_read(tmp_path: Path) -> None:
    disc = _bare(tmp_path / "BDMV", ("STREAM/00001.m2ts", 9), ("STREAM/00002.m2ts", 20))
    (disc / "PLAYLIST").mkdir()
    for number in range(17):
        with (disc / f"PLAYLIST/{number:05}.mpls").open("wb") as file:
            file.truncate(2**20)
    (disc / "PLAYLIST/00999.mpls").write_bytes(playlist([Item("00001", 60)]))

    assert segments(disc) == ["STREAM/00002.m2ts"]
    (disc / "PLAYLIST/00016.mpls").unlink()
    (disc / "PLAYLIST/00015.mpls").unlink()
    assert segments(disc) == ["STREAM/00001.m2ts"]
