"""One clip to one file, by PyAV."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.audio.frame import AudioFrame
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from revenge.demo.captions import ASS_HEADER, ass_event, cues
from revenge.demo.film import VideoCodec
from revenge.demo.sound import SAMPLE_RATE, chord_track

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from av.container.core import Chapter
    from av.container.output import OutputContainer
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream
    from PIL import Image

    from revenge.demo.captions import Cue
    from revenge.demo.film import Audio, Clip, Subtitle, Video

MILLISECOND = Fraction(1, 1000)
ENCODER_OPTIONS = {
    VideoCodec.H264: {"preset": "veryfast", "crf": "24"},
    VideoCodec.HEVC: {"preset": "ultrafast", "crf": "24"},
    VideoCodec.VP9: {"deadline": "realtime", "cpu-used": "8", "crf": "34", "b": "0"},
    VideoCodec.AV1: {"preset": "10", "crf": "38", "svtav1-params": "lp=1"},
    VideoCodec.MPEG4: {"qmin": "3", "qmax": "6"},
}
X265_QUIET = "log-level=none:pools=1:frame-threads=1"
# P3 primaries with a D65 white on a display of 0.0001 to 1000 nits, in x265's units of 0.00002.
X265_HDR10 = (
    "hdr10=1:hdr10-opt=1:repeat-headers=1:max-cll=1000,203:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
)


@dataclass(frozen=True, slots=True)
class ColorTags:
    """What the pixels mean, by the code points of ITU-T H.273."""

    pixel_format: str
    space: Colorspace
    primaries: ColorPrimaries
    transfer: ColorTrc


SDR = ColorTags("yuv420p", Colorspace.ITU709, ColorPrimaries.BT709, ColorTrc.BT709)
HDR10 = ColorTags("yuv420p10le", Colorspace.BT2020, ColorPrimaries.BT2020, ColorTrc.SMPTE2084)


def encode_clip(path: Path, clip: Clip, pictures: Iterable[Image.Image], *, chord: tuple[int, ...],
                title: str, cover: bytes | None = None) -> None:  # fmt: skip
    """Write the clip to `path`, whose suffix names the container, with one frame a picture."""
    with av.open(
        path, "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    ) as out:
        out.metadata["title"] = title
        picture_track = _VideoTrack(out, clip.video)
        tracks: list[_AudioTrack | _SubtitleTrack] = [
            _AudioTrack(out, audio, chord, seconds=clip.seconds, default=number == 0)
            for number, audio in enumerate(clip.audio)
        ]
        tracks += [
            _SubtitleTrack(out, subtitle, seconds=clip.seconds) for subtitle in clip.subtitles
        ]
        out.set_chapters(_chapters(clip))
        if cover:
            out.add_attachment("cover.jpg", "image/jpeg", cover)
        for count, picture in enumerate(pictures, 1):
            picture_track.write(picture)
            for track in tracks:
                track.write_until(Fraction(count, clip.video.frame_rate))
        picture_track.finish()
        for track in tracks:
            track.finish()


def _chapters(clip: Clip) -> list[Chapter]:
    cuts = [
        clip.seconds * 1000 * n // max(1, len(clip.chapters)) for n in range(len(clip.chapters) + 1)
    ]
    return [
        {
            "id": number,
            "start": start,
            "end": end,
            "time_base": MILLISECOND,
            "metadata": {"title": name},
        }
        for number, (name, start, end) in enumerate(
            zip(clip.chapters, cuts, cuts[1:], strict=False)
        )
    ]


class _VideoTrack:
    def __init__(self, out: OutputContainer, video: Video) -> None:
        self._out = out
        self._tags = HDR10 if video.hdr10 else SDR
        # It keeps its colour tables from frame to frame; making those of HDR takes a second.
        self._reformatter = VideoReformatter()
        self._frames, self._tick = 0, Fraction(1, video.frame_rate)
        options = dict(ENCODER_OPTIONS[video.codec])
        if video.codec is VideoCodec.HEVC:
            options["x265-params"] = f"{X265_QUIET}:{X265_HDR10}" if video.hdr10 else X265_QUIET
        stream = out.add_stream(video.codec.value, rate=video.frame_rate, options=options)
        stream.width, stream.height = video.width, video.height
        stream.pix_fmt = self._tags.pixel_format
        stream.colorspace, stream.color_primaries = self._tags.space, self._tags.primaries
        stream.color_trc, stream.color_range = self._tags.transfer, ColorRange.MPEG
        stream.gop_size = 2 * video.frame_rate
        # The films are made side by side, one a processor.
        stream.thread_count = 1
        self._stream = stream

    def write(self, picture: Image.Image) -> None:
        frame = self._reformatter.reformat(
            VideoFrame.from_image(picture),  # type: ignore[no-untyped-call]
            format=self._tags.pixel_format,
            dst_colorspace=self._tags.space,
            dst_color_range=ColorRange.MPEG,
            dst_color_trc=self._tags.transfer if self._tags is HDR10 else None,
            dst_color_primaries=self._tags.primaries if self._tags is HDR10 else None,
        )
        frame.pts, frame.time_base = self._frames, self._tick
        self._frames += 1
        self._out.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._out.mux(self._stream.encode())


class _AudioTrack:
    def __init__(
        self,
        out: OutputContainer,
        audio: Audio,
        chord: tuple[int, ...],
        *,
        seconds: int,
        default: bool,
    ) -> None:
        self._out, self._layout = out, audio.layout
        self._stream = out.add_stream(audio.codec.value, rate=SAMPLE_RATE)
        self._stream.layout = audio.layout
        self._stream.metadata["language"] = audio.language
        if audio.title:
            self._stream.metadata["title"] = audio.title
        self._stream.disposition = Disposition(
            Disposition.default * default | Disposition.comment * audio.commentary
        )
        self._channels = self._stream.channels
        self._samples = chord_track(chord, seconds=seconds, channels=self._channels)
        self._written = 0

    def write_until(self, time: Fraction) -> None:
        """Encode the samples that come before `time` (seconds)."""
        end = int(time * SAMPLE_RATE)
        part = self._samples[self._written * self._channels : end * self._channels]
        frame = AudioFrame("s16", self._layout, end - self._written)
        frame.planes[0].update(part.tobytes())
        frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        frame.pts, self._written = self._written, end
        self._out.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._out.mux(self._stream.encode())


class _SubtitleTrack:
    def __init__(self, out: OutputContainer, subtitle: Subtitle, *, seconds: int) -> None:
        self._out = out
        self._stream = out.add_stream(subtitle.codec.value)
        self._stream.codec_context.subtitle_header = ASS_HEADER.encode()
        self._stream.codec_context.time_base = self._stream.time_base = MILLISECOND
        self._stream.metadata["language"] = subtitle.language
        if subtitle.title:
            self._stream.metadata["title"] = subtitle.title
        self._stream.disposition = Disposition(
            Disposition.forced * subtitle.forced
            | Disposition.hearing_impaired * subtitle.hearing_impaired
        )
        self._waiting = deque(enumerate(cues(subtitle.lines, seconds=seconds)))

    def write_until(self, time: Fraction) -> None:
        """Write the cues that start before `time` (seconds)."""
        while self._waiting and self._waiting[0][1].start < time * 1000:
            self._out.mux(self._packet(*self._waiting.popleft()))

    def _packet(self, order: int, cue: Cue) -> Packet[SubtitleStream]:
        event = SubtitleSet.create(
            text=ass_event(order, cue.text), start=0, end=cue.end - cue.start
        )
        packet = self._stream.codec_context.encode_subtitle(event)
        packet.stream, packet.time_base = self._stream, MILLISECOND
        packet.pts = packet.dts = cue.start
        packet.duration = cue.end - cue.start
        return packet

    def finish(self) -> None:
        """Nothing is held back."""
