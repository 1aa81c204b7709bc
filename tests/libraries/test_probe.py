"""Probing real files, good and bad."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from av.stream import Disposition
from PIL import Image

from apps.libraries.scan import probe_types as types
from apps.libraries.scan.probe import probe_file
from tests.atmos_files import write_atmos
from tests.hdr_files import (
    dolby_vision_box,
    dolby_vision_rpu,
    hdr10_plus,
    static_metadata_boxes,
    with_boxes,
    write_hevc,
)
from tests.media_files import (
    HDR10,
    HLG,
    QUIET_HEVC,
    Audio,
    Subtitle,
    Video,
    write_clip,
    write_sound,
)

H264 = Video()
VP8 = Video(codec="libvpx")
HEVC = Video(codec="libx265", options=QUIET_HEVC)
AV1 = Video(codec="libsvtav1", options={"preset": "12"})
VP9 = Video(codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"})


@pytest.fixture(autouse=True)
def quiet_av1_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVT_LOG", "-1")


def probe(path: Path) -> types.MediaProbe:
    return probe_file(str(path))


@pytest.mark.parametrize(
    ("name", "tracks", "container", "names"),
    [
        ("a.mkv", (H264, "aac"), "matroska", ("h264", "avc1.64000B", "aac", "mp4a.40.2")),
        ("a.mp4", (H264, "libmp3lame"), "mp4", ("h264", "avc1.64000B", "mp3", "mp3")),
        ("a.mov", (H264, "aac"), "mov", ("h264", "avc1.64000B", "aac", "mp4a.40.2")),
        ("a.ts", (H264, "aac"), "mpegts", ("h264", "avc1.64000B", "aac", "mp4a.40.2")),
        ("b.mp4", (HEVC, "ac3"), "mp4", ("hevc", "hev1.1.6.L30.90", "ac3", "ac-3")),
        ("b.mkv", (HEVC, "eac3"), "matroska", ("hevc", "hvc1.1.6.L30.90", "eac3", "ec-3")),
        ("b.ts", (HEVC, "ac3"), "mpegts", ("hevc", "hvc1.1.6.L30.90", "ac3", "ac-3")),
        ("c.webm", (VP9, "libopus"), "webm", ("vp9", "vp09.00.10.08", "opus", "opus")),
        ("d.webm", (VP8, "libopus"), "webm", ("vp8", "vp8", "opus", "opus")),
        ("e.mp4", (AV1, "flac"), "mp4", ("av1", "av01.0.00M.08", "flac", "flac")),
        ("f.avi", (Video("mpeg4"), "libmp3lame"), "avi", ("mpeg4", None, "mp3", "mp3")),
        ("g.mpg", (Video("mpeg2video"), "mp2"), "mpeg", ("mpeg2video", None, "mp2", None)),
        ("h.flv", (H264, "aac"), "flv", ("h264", "avc1.64000B", "aac", "mp4a.40.2")),
        ("i.wmv", (Video("wmv2"), "libmp3lame"), "asf", ("wmv2", None, "mp3", "mp3")),
    ],
)
def test_container_and_codecs(
    tmp_path: Path,
    name: str,
    tracks: tuple[Video, str],
    container: str,
    names: tuple[str, str | None, str, str | None],
) -> None:
    found = probe(write_clip(tmp_path / name, video=tracks[:1], audio=[Audio(codec=tracks[1])]))
    picture, sound = found.video[0], found.audio[0]
    assert found.container == container
    assert (picture.codec, picture.codec_string, sound.codec, sound.codec_string) == names
    assert (picture.width, picture.height, picture.display_aspect) == (160, 90, "16:9")
    assert found.duration == pytest.approx(0.4, abs=0.1)
    assert found.size == (tmp_path / name).stat().st_size
    assert found.bitrate


def test_every_track_chapter_and_attachment(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "film.mkv",
        audio=[
            Audio("aac", language="ger", title="Deutsch", disposition=Disposition.default),
            Audio("eac3", layout="5.1", language="eng", title="Director's commentary"),
            Audio("libopus", language="und", disposition=Disposition.visual_impaired),
        ],
        subtitles=[
            Subtitle(language="eng", disposition=Disposition.forced),
            Subtitle(language="fra", title="Full SDH"),
        ],
        chapters=[(0, 0.2, "Opening"), (0.2, 0.4, "Ende")],
        attachments=[
            ("a.ttf", "application/x-truetype-font", b"font"),
            ("cover.jpg", "image/jpeg", b"\xff\xd8\xff"),
        ],
        metadata={"title": "The Film"},
    )
    found = probe(path)
    assert found.title == "The Film"
    assert len(found.video) == 1
    assert [(track.language, track.title, track.is_default) for track in found.audio] == [
        ("de", "Deutsch", True),
        ("en", "Director's commentary", False),
        (None, None, False),
    ]
    assert [track.channels for track in found.audio] == [2, 6, 2]
    assert [track.is_commentary for track in found.audio] == [False, True, False]
    assert [track.is_audio_description for track in found.audio] == [False, False, True]
    assert [
        (track.codec, track.kind, track.language, track.is_forced, track.is_hearing_impaired)
        for track in found.subtitles
    ] == [
        ("subrip", types.SubtitleKind.TEXT, "en", True, False),
        ("subrip", types.SubtitleKind.TEXT, "fr", False, True),
    ]
    assert found.chapters == (
        types.Chapter(0.0, 0.2, "Opening"),
        types.Chapter(0.2, 0.4, "Ende"),
    )
    assert [(item.kind, item.filename, item.size) for item in found.attachments] == [
        (types.AttachmentKind.FONT, "a.ttf", 4),
        (types.AttachmentKind.COVER, "cover.jpg", None),
    ]


def test_hdr10_with_its_static_metadata(tmp_path: Path) -> None:
    video = Video(codec="libx265", pixel_format="yuv420p10le", options=HDR10)
    track = probe(write_clip(tmp_path / "hdr.mkv", video=[video])).video[0]
    assert track.hdr is types.HdrKind.HDR10
    assert (track.color_primaries, track.color_transfer, track.color_space, track.color_range) == (
        ("bt2020", "smpte2084", "bt2020nc", "tv")
    )
    assert (track.bit_depth, track.profile) == (10, "Main 10")
    assert track.mastering_display == types.MasteringDisplay(
        red=(0.68, 0.32),
        green=(0.265, 0.69),
        blue=(0.15, 0.06),
        white_point=(0.3127, 0.329),
        min_luminance=0.0001,
        max_luminance=1000.0,
    )
    assert track.content_light == types.ContentLight(max_content=1000, max_frame_average=400)


@pytest.mark.parametrize(
    "options",
    [
        HLG["x265-params"],
        # As broadcasts have it: for old sets the ordinary curve, and an SEI that knows better.
        "log-level=none:colorprim=bt2020:transfer=bt2020-10:colormatrix=bt2020nc:atc-sei=18",
    ],
)
def test_hlg(tmp_path: Path, options: str) -> None:
    video = Video(codec="libx265", pixel_format="yuv420p10le", options={"x265-params": options})
    assert probe(write_clip(tmp_path / "a.mkv", video=[video])).video[0].hdr is types.HdrKind.HLG


def test_static_metadata_of_the_container(tmp_path: Path) -> None:
    path = write_hevc(tmp_path / "a.mp4")
    assert probe(path).video[0].mastering_display is None
    path.write_bytes(with_boxes(path.read_bytes(), static_metadata_boxes()))
    track = probe(path).video[0]
    assert track.hdr is types.HdrKind.HDR10
    assert track.mastering_display is not None
    assert (track.mastering_display.min_luminance, track.mastering_display.max_luminance) == (
        0.005,
        4000.0,
    )
    assert track.content_light == types.ContentLight(max_content=3000, max_frame_average=150)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_hdr10_plus(tmp_path: Path, suffix: str) -> None:
    track = probe(write_hevc(tmp_path / f"a.{suffix}", before=hdr10_plus())).video[0]
    assert (track.hdr, track.has_hdr10_plus) == (types.HdrKind.HDR10_PLUS, True)
    flat = probe(write_hevc(tmp_path / f"b.{suffix}")).video[0]
    assert (flat.hdr, flat.has_hdr10_plus) == (types.HdrKind.HDR10, False)


@pytest.mark.parametrize(
    ("profile", "compatibility", "has_el"),
    [(5, 0, False), (7, 6, True), (8, 1, False), (8, 2, False), (8, 4, False)],
)
def test_dolby_vision_configuration(
    tmp_path: Path, profile: int, compatibility: int, *, has_el: bool
) -> None:
    path = write_hevc(tmp_path / "dv.mp4", before=hdr10_plus())
    box = dolby_vision_box(profile, 6, compatibility, has_el=has_el)
    path.write_bytes(with_boxes(path.read_bytes(), box))
    track = probe(path).video[0]
    assert (track.hdr, track.has_hdr10_plus) == (types.HdrKind.DOLBY_VISION, True)
    assert track.dolby_vision == types.DolbyVision(profile, 6, compatibility, has_el)


@pytest.mark.parametrize(
    ("is_full_range", "is_pq", "expected"),
    [
        (True, False, types.DolbyVision(5)),
        (False, True, types.DolbyVision(8, compatibility_id=1)),
        (False, False, types.DolbyVision(8, compatibility_id=2)),
    ],
)
def test_dolby_vision_without_a_configuration(
    tmp_path: Path, *, is_full_range: bool, is_pq: bool, expected: types.DolbyVision
) -> None:
    rpu = dolby_vision_rpu(is_full_range=is_full_range)
    track = probe(write_hevc(tmp_path / "a.mkv", behind=rpu, is_pq=is_pq)).video[0]
    assert (track.hdr, track.dolby_vision) == (types.HdrKind.DOLBY_VISION, expected)


@pytest.mark.parametrize(
    ("packing", "mode"), [("3", "side_by_side"), ("4", "top_bottom"), ("5", "frame_sequence")]
)
def test_two_eyes_in_one_picture(tmp_path: Path, packing: str, mode: str) -> None:
    video = Video(options={"x264-params": f"frame-packing={packing}"})
    track = probe(write_clip(tmp_path / "a.mp4", video=[video])).video[0]
    assert (track.stereo_mode, track.is_3d) == (mode, True)
    assert not probe(write_clip(tmp_path / "b.mp4")).video[0].is_3d


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_atmos(tmp_path: Path, suffix: str) -> None:
    track = probe(write_atmos(tmp_path / f"a.{suffix}")).audio[0]
    assert (track.codec, track.profile) == ("eac3", "Dolby Digital Plus + Dolby Atmos")
    assert (track.is_object_based, track.channels, track.layout) == (True, 6, "5.1(side)")
    plain = probe(write_clip(tmp_path / f"b.{suffix}", audio=[Audio("eac3", layout="5.1")]))
    assert (plain.audio[0].profile, plain.audio[0].is_object_based) == (None, False)


def test_ten_bit_and_interlaced(tmp_path: Path) -> None:
    ten_bit = probe(write_clip(tmp_path / "a.mkv", video=[Video(pixel_format="yuv420p10le")]))
    assert (ten_bit.video[0].bit_depth, ten_bit.video[0].profile) == (10, "High 10")
    interlaced = Video(height=96, options={"x264-params": "tff=1"})
    found = probe(write_clip(tmp_path / "b.mkv", video=[interlaced]))
    assert found.video[0].field_order is types.FieldOrder.TOP_FIRST


def test_json_round_trip(tmp_path: Path) -> None:
    video = Video(codec="libx265", pixel_format="yuv420p10le", options=HDR10)
    path = write_clip(
        tmp_path / "a.mkv", video=[video], audio=[Audio()], subtitles=[Subtitle()],
        chapters=[(0, 0.2, "One")], attachments=[("a.ttf", "font/ttf", b"x")],
    )  # fmt: skip
    found = probe(path)
    stored = json.loads(json.dumps(found.to_json()))
    assert types.MediaProbe.from_json(stored) == found
    older = {**stored, "version": 1, "video": [dict(stored["video"][0])]}
    del older["video"][0]["has_hdr10_plus"]
    assert types.MediaProbe.from_json(older) == found
    for version in (0, types.VERSION + 1, None):
        with pytest.raises(ValueError, match="version"):
            types.MediaProbe.from_json({**stored, "version": version})


@pytest.mark.parametrize("name", [b"caf\xe9.mkv", "новый фильм 🎬.mkv".encode(), b"-i 'a\n\"b.mkv"])
def test_any_name(tmp_path: Path, name: bytes) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    write_clip(tmp_path / "a.mkv").rename(path)
    assert probe_file(path).video[0].codec == "h264"


def test_metadata_that_is_no_utf8(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", metadata={"title": "XXXXXXXX"})
    path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", b"caf\xe9\xff\xfe\x80!"))
    assert probe(path).title == "caf\ufffd\ufffd\ufffd\ufffd!"


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _playlist(path: Path) -> Path:
    clip = write_clip(path.with_name("secret.ts"))
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile://{clip}\n#EXT-X-ENDLIST\n"
    return _write(path, text.encode())


def _concat(path: Path) -> Path:
    write_clip(path.with_name("secret.mp4"))
    return _write(path, b"ffconcat version 1.0\nfile secret.mp4\n")


def _picture(path: Path) -> Path:
    Image.new("RGB", (64, 64)).save(path, format="PNG")
    return path


def _song(path: Path) -> Path:
    return write_sound(path.with_suffix(".mp3")).rename(path)


def _wave(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    return path


def _truncated(path: Path, keep: float) -> Path:
    write_clip(path, audio=[Audio()])
    data = path.read_bytes()
    return _write(path, data[: int(len(data) * keep)])


def _undecodable(path: Path) -> Path:
    """A film whose pictures, and only they, are noise."""
    write_clip(path)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    return _write(path, bytes(data))


FAILURE = types.ProbeFailure


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("empty.mkv", lambda path: _write(path, b""), FAILURE.EMPTY),
        ("random.mkv", lambda path: _write(path, os.urandom(200_000)), None),
        ("random.mp4", lambda path: _write(path, os.urandom(200_000)), None),
        ("random.ts", lambda path: _write(path, os.urandom(200_000)), None),
        ("zeros.mkv", lambda path: _write(path, bytes(100_000)), FAILURE.NOT_MEDIA),
        ("text.mkv", lambda path: _write(path, b"hello world\n" * 500), FAILURE.NOT_MEDIA),
        ("text.mpg", lambda path: _write(path, b"hello world\n" * 500), None),
        ("ansi.avi", lambda path: _write(path, b"\x1b[31mart\x1b[0m\n" * 99), FAILURE.NOT_MEDIA),
        ("subs.mp4", lambda path: _write(path, b"1\n00:00:01,000 --> 00:00:02,000\nHi\n"), None),
        ("playlist.mp4", _playlist, FAILURE.NOT_MEDIA),
        ("concat.mp4", _concat, FAILURE.NOT_MEDIA),
        ("picture.mp4", _picture, FAILURE.NOT_MEDIA),
        ("song.mkv", _song, FAILURE.NO_VIDEO),
        ("wave.avi", _wave, FAILURE.NO_VIDEO),
        ("half.mp4", lambda path: _truncated(path, 0.3), FAILURE.TRUNCATED),
        ("head.mkv", lambda path: _truncated(path, 0.2), FAILURE.TRUNCATED),
        ("noise.mp4", _undecodable, FAILURE.UNDECODABLE),
        ("folder.mkv", lambda path: (path.mkdir(), path)[1], FAILURE.UNREADABLE),
        ("pipe.mkv", lambda path: (os.mkfifo(path), path)[1], FAILURE.UNREADABLE),
        ("missing.mkv", lambda path: path, FAILURE.UNREADABLE),
        ("nul\0.mkv", lambda path: path, FAILURE.UNREADABLE),
    ],
    ids=lambda value: value.replace("\0", "") if isinstance(value, str) else "",
)
def test_bad_file(
    tmp_path: Path, name: str, make: object, reason: types.ProbeFailure | None
) -> None:
    assert callable(make)
    path = make(tmp_path / name)
    with pytest.raises(types.ProbeError) as caught:
        probe(path)
    assert caught.value.message
    assert reason is None or caught.value.reason is reason


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = _truncated(tmp_path / "a.mkv", 0.9)
    probe(write_clip(tmp_path / "b.mkv", video=[HEVC]))
    capfd.readouterr()
    probe(tmp_path / "b.mkv")
    with pytest.raises(types.ProbeError):
        probe(_undecodable(tmp_path / "c.mp4"))
    probe(path)
    assert capfd.readouterr() == ("", "")


def test_a_probing_process_stays_light() -> None:
    code = (
        "import sys, apps.libraries.scan.probe\n"
        "heavy = {'django', 'guessit', 'babelfish', 'PIL', 'numpy', 'pysubs2'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
