"""The streams of files as people read them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from av.stream import Disposition
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.libraries import labels, streams
from apps.libraries.models import Library, MediaFile
from apps.libraries.scan.probe import probe_file
from apps.libraries.scan.probe_types import DolbyVision, HdrKind, VideoTrack
from apps.movies.models import MovieFile
from apps.users.models import User
from tests.media_files import HDR10, Audio, Subtitle, Video, write_clip
from tests.scans import scan


@pytest.mark.parametrize(("language", "mark"), [("en", "."), ("de", ",")])
def test_numbers_are_written_as_their_reader_does(language: str, mark: str) -> None:
    with translation.override(language):
        assert labels.bitrate_label(12_340_000) == f"12{mark}3 Mbit/s"
        assert labels.bitrate_label(448_000) == "448 kbit/s"
        assert labels.rate_label(24_000 / 1001, "fps") == f"23{mark}98 fps"
        assert labels.rate_label(192, "kHz") == "192 kHz"


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> VideoTrack:
    """An ordinary picture."""
    return probe_file(str(write_clip(tmp_path_factory.mktemp("clips") / "a.mp4"))).video[0]


@pytest.mark.parametrize(
    ("kind", "vision", "has_plus", "label"),
    [
        (HdrKind.SDR, None, False, ""),
        (HdrKind.HDR10, None, False, "HDR10"),
        (HdrKind.HDR10_PLUS, None, True, "HDR10+"),
        (HdrKind.HLG, None, False, "HLG"),
        (HdrKind.DOLBY_VISION, DolbyVision(5, 6, 0), False, "Dolby Vision 5"),
        (HdrKind.DOLBY_VISION, DolbyVision(7, 6, 6), False, "Dolby Vision 7 (HDR10)"),
        (HdrKind.DOLBY_VISION, DolbyVision(8, 6, 1), False, "Dolby Vision 8.1 (HDR10)"),
        (HdrKind.DOLBY_VISION, DolbyVision(8, 6, 1), True, "Dolby Vision 8.1 (HDR10) · HDR10+"),
        (HdrKind.DOLBY_VISION, DolbyVision(8, 6, 4), False, "Dolby Vision 8.4 (HLG)"),
        (HdrKind.DOLBY_VISION, DolbyVision(9, 6, 2), False, "Dolby Vision 9.2 (SDR)"),
        (HdrKind.DOLBY_VISION, DolbyVision(10), False, "Dolby Vision 10"),
    ],
)
def test_kinds_of_range(
    track: VideoTrack, kind: HdrKind, vision: DolbyVision | None, *, has_plus: bool, label: str
) -> None:
    told = replace(track, hdr=kind, dolby_vision=vision, has_hdr10_plus=has_plus)
    assert labels.hdr_label(told) == label


@pytest.mark.parametrize(
    ("codec", "profile", "label"),
    [
        ("eac3", None, "Dolby Digital Plus"),
        ("eac3", "Dolby Digital Plus + Dolby Atmos", "Dolby Digital Plus Atmos"),
        ("truehd", "Dolby TrueHD + Dolby Atmos", "Dolby TrueHD Atmos"),
        ("dts", None, "DTS"),
        ("dts", "DTS-HD MA", "DTS-HD MA"),
        ("dts", "DTS-HD MA + DTS:X", "DTS-HD MA + DTS:X"),
        ("aac", "LC", "AAC"),
        ("aac", "HE-AACv2", "HE-AACv2"),
        ("pcm_s16le", None, "PCM"),
    ],
)
def test_kinds_of_sound(codec: str, profile: str | None, label: str) -> None:
    assert labels.sound_label(codec, profile) == label


@pytest.fixture
def rich(films: Library, films_dir: Path) -> MediaFile:
    """A film with everything, scanned."""
    folder = films_dir / "Film (2001)"
    folder.mkdir()
    write_clip(
        folder / "Film (2001) 3D.mkv",
        video=[Video(codec="libx265", pixel_format="yuv420p10le", options=HDR10)],
        audio=[
            Audio("eac3", layout="5.1", language="ger", disposition=Disposition.default),
            Audio("aac", language="eng", title="Commentary by all"),
        ],
        subtitles=[
            Subtitle(language="eng", disposition=Disposition.forced | Disposition.default),
            Subtitle(language="fra", disposition=Disposition.hearing_impaired),
        ],
        chapters=[(0, 0.2, "One"), (0.2, 0.4, "Two")],
        attachments=[("a.ttf", "font/ttf", b"x")],
    )
    (folder / "Film (2001) 3D.it.forced.srt").write_text("-")
    (folder / "Film (2001) 3D.es.commentary.sub").write_text("-")
    (folder / "Film (2001) 3D.es.commentary.idx").write_text("-")
    scan(films)
    return MediaFile.objects.select_related("root").get()


def test_every_stream_is_told(rich: MediaFile) -> None:
    assert streams.media_extent(rich) == ("2 chapters", "1 font")
    told = [(one.kind, one.language, one.notes) for one in streams.media_tracks(rich)]
    assert told == [
        ("Video", "", ()),
        ("Audio", "German", ("default",)),
        ("Audio", "English", ("commentary",)),
        ("Subtitles", "English", ("default", "forced")),
        ("Subtitles", "French", ("for the hard of hearing",)),
        ("Subtitles", "Spanish", ("separate file", "commentary")),
        ("Subtitles", "Italian", ("separate file", "forced")),
    ]
    video, sound, *_ = streams.media_tracks(rich)
    assert video.details.startswith("HEVC · Main 10 · 160 × 90 · 25 fps · 10 bit · HDR10 · 1000 cd")  # noqa: RUF001
    assert sound.details.startswith("Dolby Digital Plus · 5.1")


def test_the_columns_are_filled(rich: MediaFile) -> None:
    assert (rich.video_profile, rich.bit_depth, rich.dynamic_range) == ("Main 10", 10, "hdr10")
    assert (rich.audio_codec, rich.audio_profile, rich.audio_channels) == ("eac3", "", 6)
    assert rich.audio_languages == ["de", "en"]
    assert rich.subtitle_languages == ["en", "fr", "es", "it"]
    assert rich.probe_version > 0


def test_the_pages_show_them(
    rich: MediaFile, admin: User, browser_of: Callable[[User], Client]
) -> None:
    link = MovieFile.objects.get()
    film = reverse("movies:detail", args=[link.movie_id])
    console = reverse("admin:libraries_mediafile_change", args=[rich.pk])
    for address in (film, console):
        page = browser_of(admin).get(address).content.decode()
        for text in ("2 chapters", "1 font", "HDR10", "for the hard of hearing", "commentary"):
            assert text in page, (address, text)
        assert "&lt;table" not in page
    assert "HDR10 · 3D" in browser_of(admin).get(film).content.decode()
