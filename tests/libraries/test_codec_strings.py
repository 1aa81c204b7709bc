"""RFC 6381 names from decoder configurations (the examples of the specifications)."""

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.libraries.scan.codec_strings import (
    VideoCodecFacts,
    audio_codec_string,
    video_codec_string,
)

FACTS = VideoCodecFacts(
    codec="h264",
    tag="avc1",
    extradata=b"",
    profile="",
    level=-99,
    width=1920,
    height=1080,
    frame_rate=Fraction(24000, 1001),
    bit_depth=8,
)


def name(**changes: object) -> str | None:
    return video_codec_string(dataclasses.replace(FACTS, **changes))  # type: ignore[arg-type]


def hvcc(profile_tier_level: str) -> bytes:
    return b"\x01" + bytes.fromhex(profile_tier_level) + bytes(10)


def test_h264() -> None:
    assert name(extradata=bytes.fromhex("0164002affe1")) == "avc1.64002A"
    assert name(extradata=bytes.fromhex("0164002affe1"), tag="avc3") == "avc3.64002A"
    annex_b = bytes.fromhex("0000000109f00000000167640028acd900000168")
    assert name(extradata=annex_b) == "avc1.640028"
    assert name(extradata=b"") is None


def test_hevc() -> None:
    main_10 = "0220000000b0000000000099"
    assert name(codec="hevc", tag="", extradata=hvcc(main_10)) == "hvc1.2.4.L153.B0"
    main = "0160000000b000000000005d"
    assert name(codec="hevc", tag="hev1", extradata=hvcc(main)) == "hev1.1.6.L93.B0"
    high_tier = "222000000090000000000096"
    assert name(codec="hevc", tag="hvc1", extradata=hvcc(high_tier)) == "hvc1.2.4.H150.90"
    # A parameter set of a transport stream, with its emulation prevention bytes.
    sps = bytes.fromhex("000001420101016000000300b0000003000003005da002")
    assert name(codec="hevc", extradata=sps) == "hvc1.1.6.L93.B0"


def test_av1() -> None:
    assert name(codec="av1", extradata=bytes.fromhex("81084c00")) == "av01.0.08M.10"
    assert name(codec="av1", extradata=bytes.fromhex("810d8c00")) == "av01.0.13H.08"
    assert name(codec="av1", extradata=bytes.fromhex("8150e000")) == "av01.2.16H.12"
    assert name(codec="av1", extradata=b"") is None


@pytest.mark.parametrize(
    ("size", "rate", "level"),
    [((320, 180), 24, 11), ((1280, 720), 30, 31), ((1920, 1080), 24, 40), ((1920, 1080), 60, 41),
     ((3840, 2160), 24, 50), ((3840, 2160), 60, 51), ((7680, 4320), 120, 62)],
)  # fmt: skip
def test_vp9_level_follows_size_and_rate(size: tuple[int, int], rate: int, level: int) -> None:
    found = name(
        codec="vp9", profile="Profile 0", width=size[0], height=size[1], frame_rate=Fraction(rate)
    )
    assert found == f"vp09.00.{level}.08"


def test_vp9_profile_2() -> None:
    assert name(codec="vp9", profile="Profile 2", bit_depth=10, level=50) == "vp09.02.50.10"
    assert name(codec="vp9", profile="") is None


def test_audio() -> None:
    def aac(config: str, profile: str = "") -> str | None:
        return audio_codec_string("aac", extradata=bytes.fromhex(config), profile=profile)

    assert aac("1190") == "mp4a.40.2"
    assert aac("2b920800") == "mp4a.40.5"
    assert aac("eb098800") == "mp4a.40.29"
    assert aac("f946409c00") == "mp4a.40.42"
    assert aac("", "HE-AACv2") == "mp4a.40.29"
    assert aac("", "LTP") is None
    names = {
        codec: audio_codec_string(codec, extradata=b"", profile="")
        for codec in ("opus", "flac", "mp3", "ac3", "eac3", "pcm_s16le")
    }
    assert names == {
        "opus": "opus", "flac": "flac", "mp3": "mp3", "ac3": "ac-3", "eac3": "ec-3",
        "pcm_s16le": None,
    }  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(["h264", "hevc", "av1", "vp9", "other"]), st.binary(max_size=40))
def test_any_configuration(codec: str, extradata: bytes) -> None:
    found = name(codec=codec, extradata=extradata)
    assert found is None or found.isprintable()
    assert audio_codec_string("aac", extradata=extradata, profile="") != ""
