"""The video files of the demo library, as PyAV finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc

from revenge.demo.catalog import FILMS
from tests.demo.probe import Probe, probe

if TYPE_CHECKING:
    from pathlib import Path

    from revenge.demo.film import Clip, Film

CLIPS = [(film, clip) for film in FILMS for clip in film.clips]


def clip_path(library: Path, film: Film, clip: Clip) -> Path:
    return (library / film.entry if film.story else library) / clip.path


def probe_film(library: Path, design: str) -> Probe:
    [film] = [film for film in FILMS if film.design == design]
    return probe(clip_path(library, film, film.clips[0]))


@pytest.mark.parametrize(("film", "clip"), CLIPS, ids=[clip.path for _film, clip in CLIPS])
def test_a_clip_is_what_the_catalogue_says(demo_library: Path, film: Film, clip: Clip) -> None:
    path = clip_path(demo_library, film, clip)
    found = probe(path)
    with av.open(str(path)) as container:
        frames = sum(1 for _frame in container.decode(video=0))

    assert frames == clip.seconds * clip.video.frame_rate
    assert found.seconds == pytest.approx(clip.seconds, abs=0.1)
    assert found.size == (clip.video.width, clip.video.height)
    assert found.chapters == clip.chapters
    assert len(found.of("audio")) == len(clip.audio)
    assert len(found.of("subtitle")) == len(clip.subtitles)


@pytest.mark.parametrize(
    ("design", "codecs"),
    [
        ("lighthouse", ["h264", "aac", "mov_text"]),
        ("moonlight", ["h264", "aac"]),
        ("train", ["h264", "ac3", "aac", "aac", "subrip", "subrip", "subrip", "mjpeg"]),
        ("coffee", ["vp9", "opus"]),
        ("clouds", ["hevc", "flac", "ass"]),
        ("gravity", ["av1", "opus"]),
        ("rain", ["h264", "aac"]),
        ("elevator", ["mpeg4", "mp3"]),
        ("summer", ["h264", "aac"]),
    ],
)
def test_the_codecs_vary(demo_library: Path, design: str, codecs: list[str]) -> None:
    assert [track.codec for track in probe_film(demo_library, design).tracks] == codecs


def test_at_least_half_of_the_films_play_in_any_browser(demo_library: Path) -> None:
    playable = [
        film.design
        for film in FILMS
        if film.clips[0].path.endswith(".mp4")
        and {"h264", "aac"}
        <= {track.codec for track in probe_film(demo_library, film.design).tracks}
    ]

    assert len(playable) >= len(FILMS) / 2


def test_languages_commentary_and_titles_of_audio_tracks(demo_library: Path) -> None:
    train, museum = (probe_film(demo_library, design) for design in ("train", "museum"))
    commentary = museum.of("audio")[2]

    assert [track.language for track in train.of("audio")] == ["deu", "eng", "jpn"]
    assert [track.language for track in museum.of("audio")] == ["eng", "deu", "eng"]
    assert commentary.title == "Commentary by Priya Vantongeren"
    assert commentary.flags == {"comment"}


@pytest.mark.parametrize("design", ["train", "museum"])
def test_forced_and_hearing_impaired_subtitles(demo_library: Path, design: str) -> None:
    subtitles = probe_film(demo_library, design).of("subtitle")
    flags = [track.flags for track in subtitles if track.flags]

    assert flags == [{"forced"}, {"hearing_impaired"}]
    assert {track.language for track in subtitles} == {"eng", "deu"}


def test_embedded_subtitles_hold_the_dialogue(demo_library: Path) -> None:
    [film] = [film for film in FILMS if film.design == "train"]
    with av.open(str(clip_path(demo_library, film, film.clips[0]))) as container:
        packets = [bytes(packet).decode() for packet in container.demux(subtitles=0) if packet.size]

    assert [text.replace("\r\n", "\n") for text in packets] == list(
        film.clips[0].subtitles[0].lines
    )


def test_the_hdr_film_is_tagged_and_carries_its_mastering_display(demo_library: Path) -> None:
    [film] = [film for film in FILMS if film.design == "clouds"]
    with av.open(str(clip_path(demo_library, film, film.clips[0]))) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))

        assert stream.pix_fmt == "yuv420p10le"
        assert stream.color_primaries == ColorPrimaries.BT2020
        assert stream.color_trc == ColorTrc.SMPTE2084
        assert frame.side_data.get("MASTERING_DISPLAY_METADATA") is not None
        assert frame.side_data.get("CONTENT_LIGHT_LEVEL") is not None
