"""FFmpeg's range metadata, byte by byte."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.libraries.scan import hdr
from apps.libraries.scan.probe_types import ContentLight, DolbyVision, HdrKind

DESCRIPTION = """Input #0, matroska,webm, from '':
  Stream #0:0: Video: hevc (Main 10), yuv420p10le, 3840x2160, 23.98 fps
    Side data:
      DOVI configuration record: version: 1.0, profile: 7, level: 6, rpu flag: 1, el flag: 1, \
bl flag: 1, compatibility id: 6, compression: 0
  Stream #0:1(eng): Audio: truehd
  Stream #0:2: Video: hevc (Main), yuv420p
"""


def test_dolby_vision_belongs_to_its_stream() -> None:
    assert hdr.dolby_vision_records(DESCRIPTION) == {
        0: DolbyVision(7, 6, compatibility_id=6, has_enhancement_layer=True)
    }
    assert hdr.dolby_vision_records("") == {}


@pytest.mark.parametrize(
    ("transfer", "dolby_vision", "dynamic", "kind"),
    [
        ("bt709", None, False, HdrKind.SDR),
        (None, None, False, HdrKind.SDR),
        ("smpte2084", None, False, HdrKind.HDR10),
        ("smpte2084", None, True, HdrKind.HDR10_PLUS),
        ("arib-std-b67", None, False, HdrKind.HLG),
        ("smpte2084", DolbyVision(8), True, HdrKind.DOLBY_VISION),
    ],
)
def test_kind(
    transfer: str | None, dolby_vision: DolbyVision | None, *, dynamic: bool, kind: HdrKind
) -> None:
    found = hdr.hdr_kind(transfer=transfer, dolby_vision=dolby_vision, has_dynamic_metadata=dynamic)
    assert found is kind


def _rpu(profile: int, *, full_range: int, depth: int, el_filter: int, no_residual: int) -> bytes:
    header = struct.pack(
        "=BxH13B", 2, 18, profile, 0, 0, 0, 23, 0, full_range, 10, 10, depth, 0, el_filter,
        no_residual,
    )  # fmt: skip
    return struct.pack("@N", 40).ljust(40, b"\x00") + header


@pytest.mark.parametrize("transfer", ["smpte2084", None])
@pytest.mark.parametrize(
    ("rpu", "profile"),
    [
        (_rpu(0, full_range=1, depth=12, el_filter=0, no_residual=1), 5),
        (_rpu(1, full_range=0, depth=12, el_filter=0, no_residual=1), 8),
        (_rpu(1, full_range=0, depth=12, el_filter=1, no_residual=0), 7),
        (_rpu(1, full_range=0, depth=14, el_filter=1, no_residual=0), 4),
    ],
)
def test_dolby_vision_profile_from_a_frame(rpu: bytes, profile: int, transfer: str | None) -> None:
    found = hdr.dolby_vision_from_rpu(rpu, transfer=transfer)
    assert found is not None
    assert found.profile == profile


def test_light_level() -> None:
    assert hdr.content_light(struct.pack("=2I", 1000, 400)) == ContentLight(1000, 400)
    assert hdr.content_light(bytes(8)) is None


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    hdr.mastering_display(data)
    hdr.content_light(data)
    assert hdr.dolby_vision_from_rpu(data[:4], transfer=None) is None
    hdr.dolby_vision_from_rpu(data, transfer=None)
