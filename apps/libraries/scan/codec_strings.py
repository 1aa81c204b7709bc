"""RFC 6381 codec names, as browsers' ``canPlayType`` wants them.

A name is built from the decoder configuration in the file (``avcC``, ``hvcC``, ``av1C`` or the
parameter sets themselves in a transport stream). None means that the file does not tell enough.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class VideoCodecFacts:
    """What the names of video codecs are made of."""

    codec: str
    tag: str
    extradata: bytes
    profile: str
    level: int
    width: int
    height: int
    frame_rate: Fraction | None
    bit_depth: int


_START_CODE: Final = re.compile(rb"\x00\x00\x01")
_H264_SPS: Final = 7
_HEVC_SPS: Final = 33

# VP9 levels: name, luma samples a second, luma samples a picture
# (https://www.webmproject.org/vp9/levels/).
_VP9_LEVELS: Final = (
    (10, 829_440, 36_864),
    (11, 2_764_800, 73_728),
    (20, 4_608_000, 122_880),
    (21, 9_216_000, 245_760),
    (30, 20_736_000, 552_960),
    (31, 36_864_000, 983_040),
    (40, 83_558_400, 2_228_224),
    (41, 160_432_128, 2_228_224),
    (50, 311_951_360, 8_912_896),
    (51, 588_251_136, 8_912_896),
    (52, 1_176_502_272, 8_912_896),
    (60, 1_176_502_272, 35_651_584),
    (61, 2_353_004_544, 35_651_584),
)
_VP9_MAX_LEVEL: Final = 62


def video_codec_string(facts: VideoCodecFacts) -> str | None:
    """The RFC 6381 name of a video stream."""
    namer = _VIDEO_NAMERS.get(facts.codec)
    return namer(facts) if namer else None


def audio_codec_string(codec: str, *, extradata: bytes, profile: str) -> str | None:
    """The RFC 6381 name of an audio stream."""
    if codec == "aac":
        object_type = _aac_object_type(extradata) or _AAC_PROFILES.get(profile)
        return f"mp4a.40.{object_type}" if object_type else None
    return _AUDIO_NAMES.get(codec)


_AUDIO_NAMES: Final = {
    "mp3": "mp3",
    "opus": "opus",
    "vorbis": "vorbis",
    "flac": "flac",
    "alac": "alac",
    "ac3": "ac-3",
    "eac3": "ec-3",
    "dts": "dtsc",
    "truehd": "mlpa",
}
_AAC_PROFILES: Final = {"Main": 1, "LC": 2, "HE-AAC": 5, "HE-AACv2": 29, "xHE-AAC": 42}


def _aac_object_type(config: bytes) -> int | None:
    """The object type of an AudioSpecificConfig (ISO 14496-3, 1.6.2.1)."""
    if len(config) < 2:
        return None
    object_type = config[0] >> 3
    if object_type == 31:
        return 32 + ((config[0] & 0b111) << 3 | config[1] >> 5)
    return object_type or None


def _h264(facts: VideoCodecFacts) -> str | None:
    data = facts.extradata
    if data[:1] == b"\x01" and len(data) >= 4:
        triple = data[1:4]
    else:
        triple = _parameter_set(data, lambda header: header & 0x1F == _H264_SPS)[1:4]
    entry = "avc3" if facts.tag == "avc3" else "avc1"
    return f"{entry}.{triple.hex().upper()}" if len(triple) == 3 else None


def _hevc(facts: VideoCodecFacts) -> str | None:
    data = facts.extradata
    if data[:1] == b"\x01" and len(data) >= 23:
        tier_level = data[1:13]
    else:
        sps = _parameter_set(data, lambda header: header >> 1 & 0x3F == _HEVC_SPS)
        tier_level = sps.replace(b"\x00\x00\x03", b"\x00\x00")[3:15]
    if len(tier_level) < 12:
        return None
    entry = "hev1" if facts.tag in {"hev1", "dvhe"} else "hvc1"
    return f"{entry}.{_hevc_profile_tier_level(tier_level)}"


def _hevc_profile_tier_level(data: bytes) -> str:
    """ISO 14496-15 annex E.3 from profile_tier_level()'s first 12 bytes."""
    space = ("", "A", "B", "C")[data[0] >> 6]
    tier = "H" if data[0] & 0x20 else "L"
    profile = data[0] & 0x1F
    compatibility = int(f"{int.from_bytes(data[1:5], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:X}" for byte in data[5:11].rstrip(b"\x00"))
    return f"{space}{profile}.{compatibility:X}.{tier}{data[11]}{constraints}"


def _parameter_set(annex_b: bytes, wanted: Callable[[int], bool]) -> bytes:
    """The first NAL unit whose header byte is ``wanted``, from a stream with start codes."""
    for nal in _START_CODE.split(annex_b)[1:]:
        if nal and wanted(nal[0]):
            return nal
    return b""


def _av1(facts: VideoCodecFacts) -> str | None:
    """The AV1 ISOBMFF binding, section 5."""
    data = facts.extradata
    if len(data) < 4 or data[0] != 0x81:
        return None
    profile, level = data[1] >> 5, data[1] & 0x1F
    tier = "H" if data[2] & 0x80 else "M"
    depth = 8 if not data[2] & 0x40 else 12 if data[2] & 0x20 else 10
    return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"


def _vp9(facts: VideoCodecFacts) -> str | None:
    """The VP codec ISOBMFF binding; the level is worked out when the file does not state it."""
    profile = facts.profile.removeprefix("Profile ")
    if not profile.isdigit() or not facts.bit_depth:
        return None
    level = facts.level if facts.level > 0 else _vp9_level(facts)
    return f"vp09.{int(profile):02d}.{level}.{facts.bit_depth:02d}"


def _vp9_level(facts: VideoCodecFacts) -> int:
    picture = facts.width * facts.height
    rate = picture * (facts.frame_rate or 24)
    fits = (name for name, samples, size in _VP9_LEVELS if rate <= samples and picture <= size)
    return next(fits, _VP9_MAX_LEVEL)


_VIDEO_NAMERS: Final[dict[str, Callable[[VideoCodecFacts], str | None]]] = {
    "h264": _h264,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
    "vp8": lambda _facts: "vp8",
    "theora": lambda _facts: "theora",
}
