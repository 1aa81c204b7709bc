"""Dynamic range metadata, read from FFmpeg's structures (libavutil/mastering_display_metadata.h,
libavutil/dovi_meta.h) and from its description of a file.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from apps.libraries.scan.probe_types import ContentLight, DolbyVision, HdrKind, MasteringDisplay

T = TypeVar("T")

_MASTERING: Final = struct.Struct("=22i")
_LIGHT: Final = struct.Struct("=2I")
_RPU_HEADER_OFFSET: Final = struct.Struct("@N")
_RPU_HEADER: Final = struct.Struct("=BxH13B")

_COMPATIBLE: Final = {"smpte2084": 1, "arib-std-b67": 4}

_STREAM: Final = re.compile(r"^ *Stream #0:(\d+)", re.MULTILINE)
_DOVI: Final = re.compile(
    r"DOVI configuration record:.*?profile: (?P<profile>\d+), level: (?P<level>\d+)"
    r".*?el flag: (?P<el>\d).*?compatibility id: (?P<compatibility>\d+)"
)


def hdr_kind(
    *, transfer: str | None, dolby_vision: DolbyVision | None, has_dynamic_metadata: bool
) -> HdrKind:
    """The kind of range from the transfer function and the metadata beside it."""
    if dolby_vision:
        return HdrKind.DOLBY_VISION
    if transfer == "smpte2084":
        return HdrKind.HDR10_PLUS if has_dynamic_metadata else HdrKind.HDR10
    return HdrKind.HLG if transfer == "arib-std-b67" else HdrKind.SDR


def mastering_display(data: bytes) -> MasteringDisplay | None:
    """An AVMasteringDisplayMetadata; None when it states nothing."""
    if len(data) < _MASTERING.size:
        return None
    *rationals, has_primaries, has_luminance = _MASTERING.unpack_from(data)
    ratios = [num / den if den else 0.0 for num, den in _pairs(rationals)]
    points = list(_pairs(ratios[:8]))
    if not has_primaries and not has_luminance:
        return None
    return MasteringDisplay(
        red=points[0] if has_primaries else None,
        green=points[1] if has_primaries else None,
        blue=points[2] if has_primaries else None,
        white_point=points[3] if has_primaries else None,
        min_luminance=ratios[8] if has_luminance else None,
        max_luminance=ratios[9] if has_luminance else None,
    )


def _pairs(values: Sequence[T]) -> Iterator[tuple[T, T]]:
    return zip(values[::2], values[1::2], strict=True)


def content_light(data: bytes) -> ContentLight | None:
    """An AVContentLightMetadata; None when it states nothing."""
    if len(data) < _LIGHT.size:
        return None
    light = ContentLight(*_LIGHT.unpack_from(data))
    return light if light.max_content or light.max_frame_average else None


def dolby_vision_records(description: str) -> dict[int, DolbyVision]:
    """The configuration records in FFmpeg's description of a file, by stream index."""
    _, *pieces = _STREAM.split(description)
    found = {}
    for index, text in _pairs(pieces):
        if match := _DOVI.search(text):
            found[int(index)] = DolbyVision(
                profile=int(match["profile"]),
                level=int(match["level"]),
                compatibility_id=int(match["compatibility"]),
                has_enhancement_layer=match["el"] == "1",
            )
    return found


def dolby_vision_from_rpu(data: bytes, *, transfer: str | None) -> DolbyVision | None:
    """What an AVDOVIMetadata of a frame tells when the file has no configuration record.

    The profile follows libavcodec's ff_dovi_guess_profile_hevc, and what a profile 8 is compatible
    with follows the picture's transfer function.
    """
    if len(data) < _RPU_HEADER_OFFSET.size:
        return None
    (offset,) = _RPU_HEADER_OFFSET.unpack_from(data)
    if len(data) < offset + _RPU_HEADER.size:
        return None
    header = _RPU_HEADER.unpack_from(data, offset)
    rpu_profile, full_range, vdr_bit_depth = header[2], header[8], header[11]
    has_residual = bool(header[13]) and not header[14]
    if rpu_profile == 0:
        return DolbyVision(profile=5) if full_range else None
    if not has_residual:
        return DolbyVision(profile=8, compatibility_id=_COMPATIBLE.get(transfer or "", 2))
    return DolbyVision(profile=7 if vdr_bit_depth == 12 else 4, has_enhancement_layer=True)
