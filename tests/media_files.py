"""Tiny real media files for tests, written with PyAV in a few milliseconds each."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.stream import Disposition
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from av.container import OutputContainer
    from av.container.core import Chapter
    from av.subtitles.stream import SubtitleStream

FRAME_RATE = 25
SAMPLE_RATE = 48_000
NO_DISPOSITION = Disposition(0)

HDR10 = {
    "x265-params": (
        "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited"
        ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
        ":max-cll=1000,400"
    )
}
HLG = {
    "x265-params": (
        "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited"
    )
}
QUIET_HEVC = {"x265-params": "log-level=none"}


@dataclass(frozen=True)
class Video:
    """A picture stream of one moving colour."""

    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    width: int = 160
    height: int = 90
    options: Mapping[str, str] = field(default_factory=dict)
    codec_tag: str | None = None


@dataclass(frozen=True)
class Audio:
    """A silent sound stream."""

    codec: str = "aac"
    layout: str = "stereo"
    language: str | None = None
    title: str | None = None
    disposition: Disposition = NO_DISPOSITION


@dataclass(frozen=True)
class Subtitle:
    """A SubRip stream with one cue."""

    text: str = "Hello"
    language: str | None = None
    title: str | None = None
    disposition: Disposition = NO_DISPOSITION


def write_clip(
    path: Path,
    *,
    video: Sequence[Video] = (Video(),),
    audio: Sequence[Audio] = (),
    subtitles: Sequence[Subtitle] = (),
    chapters: Sequence[tuple[float, float, str]] = (),
    attachments: Sequence[tuple[str, str, bytes]] = (),
    metadata: Mapping[str, str] | None = None,
    frames: int = 10,
) -> Path:
    """Write a clip of ``frames`` / 25 seconds; its container follows from the suffix.

    ``chapters`` are (start, end, title) in seconds, ``attachments`` (name, MIME type, bytes).
    """
    with av.open(str(path), "w") as media:
        media.metadata.update(metadata or {})
        pictures = [(_add_video(media, track), track) for track in video]
        sounds = [(_add_audio(media, track), track) for track in audio]
        texts = [_add_subtitle(media, track) for track in subtitles]
        for name, mime_type, data in attachments:
            media.add_attachment(name, mime_type, data)
        if chapters:
            media.set_chapters([_chapter(index, *spec) for index, spec in enumerate(chapters)])
        for stream, track in pictures:
            _encode_video(media, stream, track, frames)
        for sound, _ in sounds:
            _encode_audio(media, sound, frames)
        for text, packets in texts:
            for packet in packets:
                packet.stream = text
                media.mux(packet)
    return path


def write_sound(path: Path, *, codec: str = "libmp3lame") -> Path:
    """Write half a second of silence without a picture."""
    with av.open(str(path), "w") as media:
        _encode_audio(media, _add_audio(media, Audio(codec=codec)), frames=12)
    return path


def _add_video(media: OutputContainer, track: Video) -> VideoStream:
    stream = media.add_stream(track.codec, rate=FRAME_RATE, options=dict(track.options))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = track.width, track.height, track.pixel_format
    if track.codec_tag:
        stream.codec_context.codec_tag = track.codec_tag
    return stream


def _add_audio(media: OutputContainer, track: Audio) -> AudioStream:
    stream = media.add_stream(track.codec, rate=SAMPLE_RATE)
    assert isinstance(stream, AudioStream)
    stream.layout = track.layout
    _describe(stream, track)
    return stream


def _add_subtitle(
    media: OutputContainer, track: Subtitle
) -> tuple[SubtitleStream, list[av.Packet[SubtitleStream]]]:
    cue = f"1\n00:00:00,000 --> 00:00:00,200\n{track.text}\n\n".encode()
    with av.open(io.BytesIO(cue), "r", format="srt") as source:
        template = source.streams.subtitles[0]
        packets = [packet for packet in source.demux(template) if packet.size]
        stream = media.add_stream_from_template(template)
    _describe(stream, track)
    return stream, packets


def _describe(stream: AudioStream | SubtitleStream, track: Audio | Subtitle) -> None:
    for key, value in (("language", track.language), ("title", track.title)):
        if value:
            stream.metadata[key] = value
    stream.disposition = track.disposition


def _chapter(index: int, start: float, end: float, title: str) -> Chapter:
    return {
        "id": index + 1,
        "start": round(start * 1000),
        "end": round(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }


def _encode_video(media: OutputContainer, stream: VideoStream, track: Video, frames: int) -> None:
    for number in range(frames):
        frame = av.VideoFrame(track.width, track.height, track.pixel_format)
        for plane in frame.planes:
            plane.update(bytes([number % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
        media.mux(stream.encode(frame))
    media.mux(stream.encode())


def _encode_audio(media: OutputContainer, stream: AudioStream, frames: int) -> None:
    media.start_encoding()
    context = stream.codec_context
    size = context.frame_size or 1024
    for start in range(0, SAMPLE_RATE * frames // FRAME_RATE, size):
        frame = av.AudioFrame(context.format.name, context.layout.name, size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = SAMPLE_RATE, start
        frame.time_base = Fraction(1, SAMPLE_RATE)
        media.mux(stream.encode(frame))
    media.mux(stream.encode())
