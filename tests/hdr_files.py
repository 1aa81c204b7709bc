"""HEVC clips with range metadata that the encoder at hand does not write."""

import re
import struct
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from tests.media_files import FRAME_RATE

_PLAIN = "log-level=none:bframes=0"
_PQ = f"{_PLAIN}:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
_START = b"\0\0\0\1"
_EMULATION = re.compile(rb"\0\0(?=[\0-\3])")
_SAMPLE_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1")


class Bits:
    """Numbers written bit by bit."""

    def __init__(self) -> None:
        self._text = ""

    def put(self, *fields: tuple[int, int]) -> "Bits":
        """Each is (value, number of bits)."""
        self._text += "".join(f"{value:0{width}b}" for value, width in fields)
        return self

    def golomb(self, *values: int) -> "Bits":
        """Exp-Golomb codes of H.265, 9.2."""
        for value in values:
            width = (value + 1).bit_length()
            self.put((0, width - 1), (value + 1, width)) if width > 1 else self.put((1, 1))
        return self

    def bytes(self) -> bytes:
        padded = self._text + "0" * (-len(self._text) % 8)
        return int(padded, 2).to_bytes(len(padded) // 8, "big")


def write_hevc(path: Path, *, before: bytes = b"", behind: bytes = b"", is_pq: bool = True) -> Path:
    """A clip with a NAL unit before or behind its first picture, which is PQ, or ordinary."""
    with av.open(str(path), "w") as media:
        options = {"x265-params": _PQ if is_pq else _PLAIN}
        stream = media.add_stream("libx265", rate=FRAME_RATE, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p10le"
        stream.codec_context.codec_tag = "hvc1"
        packets = [*stream.encode(_frame(0)), *stream.encode(_frame(1)), *stream.encode()]
        pictures = [bytes(packet) for packet in packets]
        pictures[0] = _nal(before) + pictures[0] + _nal(behind)
        for number, picture in enumerate(pictures):
            packet = av.Packet(picture)
            packet.stream, packet.time_base = stream, Fraction(1, FRAME_RATE)
            packet.pts = packet.dts = number
            packet.is_keyframe = number == 0
            media.mux(packet)
    return path


def _nal(data: bytes) -> bytes:
    return _START + _EMULATION.sub(b"\0\0\3", data) if data else b""


def _frame(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(160, 96, "yuv420p10le")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
    return frame


def hdr10_plus() -> bytes:
    """A prefix SEI with SMPTE ST 2094-40 metadata (ITU-T T.35, CTA-861-H annex S)."""
    window = [(50_000, 17)] * 3 + [(1000, 17), (0, 4), (0, 10)]
    payload = bytes.fromhex("B5003C00010401") + (
        Bits().put((1, 2), (400, 27), (0, 1), *window, (0, 1), (0, 1), (0, 1)).bytes()
    )
    return b"\x4e\x01" + bytes([4, len(payload)]) + payload + b"\x80"


def dolby_vision_rpu(*, is_full_range: bool) -> bytes:
    """A NAL unit with a reference processing unit, as `ff_dovi_rpu_parse` of FFmpeg's
    libavcodec/dovi_rpudec.c reads it: of profile 5 in the full range, else of profile 8."""
    bits = Bits().put((2, 6), (0x12, 11), (0 if is_full_range else 1, 4), (0, 4), (1, 1))
    bits.put((0, 1), (0, 2)).golomb(23).put((1, 2), (int(is_full_range), 1))
    bits.golomb(2, 2, 4).put((0, 1), (0, 3), (0, 1), (1, 1))  # 10, 10, 12 bits; no residual
    bits.put((0, 1), (0, 1)).golomb(0, 0, 0)
    for _component in range(3):
        bits.golomb(0).put((0, 10), (1023, 10))
    bits.golomb(0, 0)
    for _component in range(3):
        bits.golomb(0, 0).put((0, 1)).golomb(0).put((0, 23)).golomb(1).put((0, 23))
    data = b"\x19" + bits.bytes()
    return b"\x7c\x01" + data + struct.pack(">I", _crc(data[1:])) + b"\x80"


def _crc(data: bytes) -> int:
    """CRC-32/MPEG-2."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte << 24
        for _bit in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


def with_boxes(mp4: bytes, boxes: bytes) -> bytes:
    """The file with boxes at the end of its HEVC sample entry; its media data come first."""
    data, position = bytearray(mp4), 0
    for name in _SAMPLE_ENTRY:
        position = data.index(name, position)
        size = int.from_bytes(data[position - 4 : position], "big")
        data[position - 4 : position] = (size + len(boxes)).to_bytes(4, "big")
    end = position - 4 + size
    data[end:end] = boxes
    return bytes(data)


def dolby_vision_box(
    profile: int, level: int, compatibility: int, *, has_el: bool = False
) -> bytes:
    """A DOVIDecoderConfigurationRecord (Dolby Vision Streams Within the ISO Base Media File
    Format, section 3)."""
    flags = 0b101 | (0b010 if has_el else 0)
    record = struct.pack(">BBHI16x", 1, 0, profile << 9 | level << 3 | flags, compatibility << 28)
    return struct.pack(">I4s", 32, b"dvcC" if profile < 8 else b"dvvC") + record


def static_metadata_boxes() -> bytes:
    """`mdcv` and `clli` (ISO 14496-12): P3 primaries, 0.005 to 4000 cd/m², light 3000 and 150."""
    green_blue_red = (13_250, 34_500, 7_500, 3_000, 34_000, 16_000)
    white, luminance = (15_635, 16_450), (40_000_000, 50)
    display = struct.pack(">I4s8H2I", 32, b"mdcv", *green_blue_red, *white, *luminance)
    return display + struct.pack(">I4s2H", 12, b"clli", 3000, 150)
