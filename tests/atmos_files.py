"""Dolby Digital Plus that says of itself that it carries Atmos."""

from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from tests.media_files import FRAME_RATE, SAMPLE_RATE

_SAMPLES = 1536
# One byte with the flag of extension type A, one with the number of objects (ETSI TS 103 420, 8.3).
_EXTENSION = "1" + f"{1:06b}" + f"{1:08b}" + f"{16:08b}"


def write_atmos(path: Path) -> Path:
    """A clip with one picture and a sound track of some frames."""
    with av.open(str(path), "w") as media:
        video = media.add_stream("libx264", rate=FRAME_RATE)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        audio = media.add_stream("eac3", rate=SAMPLE_RATE)
        assert isinstance(audio, AudioStream)
        audio.layout = "5.1"
        picture = av.VideoFrame(160, 90, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        picture.pts, picture.time_base = 0, Fraction(1, FRAME_RATE)
        media.mux([*video.encode(picture), *video.encode()])
        for number in range(8):
            for packet in audio.encode(_silence(number)):
                told = av.Packet(_with_extension(bytes(packet)))
                told.stream, told.time_base = audio, packet.time_base
                told.pts = told.dts = packet.pts
                media.mux(told)
    return path


def _silence(number: int) -> av.AudioFrame:
    frame = av.AudioFrame("fltp", "5.1", _SAMPLES)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = SAMPLE_RATE, number * _SAMPLES
    frame.time_base = Fraction(1, SAMPLE_RATE)
    return frame


def _with_extension(frame: bytes) -> bytes:
    """A frame with additional bit stream information put in (ATSC A/52 annex E, 1.2.2)."""
    bits = f"{int.from_bytes(frame, 'big'):0{len(frame) * 8}b}"
    position = 16 + 2 + 3 + 11  # sync word, type, substream, size
    blocks, mode = bits[position + 2 : position + 4], int(bits[position + 4 : position + 7], 2)
    position += 2 + 2 + 3 + 1 + 5 + 5
    position += 9 if bits[position] == "1" else 1  # compression
    assert bits[position] == "0", "metadata for mixing is not expected"
    position += 1
    if bits[position] == "1":  # the programme's description
        position += 1 + 3 + 2 + (4 if mode == 2 else 0) + (2 if mode >= 6 else 0)
        position += 9 if bits[position] == "1" else 1
        position += 1
    else:
        position += 1
    position += 0 if blocks == "11" else 1
    assert bits[position] == "0"
    longer = bits[:position] + _EXTENSION + bits[position + 1 :]
    longer += "0" * (-len(longer) % 16)
    longer = longer[:21] + f"{len(longer) // 16 - 1:011b}" + longer[32:]
    return int(longer, 2).to_bytes(len(longer) // 8, "big")
