"""The tracks of an opened media file, stream by stream."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
import av.logging
from av.stream import Disposition

from apps.libraries.scan import hdr
from apps.libraries.scan.codec_strings import (
    VideoCodecFacts,
    audio_codec_string,
    video_codec_string,
)
from apps.libraries.scan.colors import picture_colors
from apps.libraries.scan.languages import language_from_tag
from apps.libraries.scan.probe_types import (
    Attachment,
    AttachmentKind,
    AudioTrack,
    DolbyVision,
    FieldOrder,
    SubtitleKind,
    SubtitleTrack,
    VideoTrack,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.audio.stream import AudioStream
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.sidedata.sidedata import SideData
    from av.stream import Stream
    from av.subtitles.stream import SubtitleStream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_FIELD_ORDERS: Final = {
    1: FieldOrder.PROGRESSIVE,
    2: FieldOrder.TOP_FIRST,
    3: FieldOrder.BOTTOM_FIRST,
    4: FieldOrder.BOTTOM_FIRST,  # coded top first, shown bottom first
    5: FieldOrder.TOP_FIRST,
}
# AVStereo3DType (libavutil/stereo3d.h), without that of a flat picture.
_FRAME_PACKINGS: Final = {
    1: "side_by_side",
    2: "top_bottom",
    3: "frame_sequence",
    4: "checkerboard",
    5: "side_by_side_quincunx",
    6: "lines",
    7: "columns",
}
_DOLBY_VISION_CODECS: Final = frozenset(("h264", "hevc", "av1"))
_TEXT_SUBTITLES: Final = frozenset(
    ("subrip", "ass", "mov_text", "webvtt", "text", "ttml", "microdvd", "sami", "eia_608", "stl")
)
_COMMENTARY: Final = re.compile(r"comment|kommentar", re.IGNORECASE)
_DESCRIPTION: Final = re.compile(r"audio.?description|descriptive|hörfilm", re.IGNORECASE)
_FORCED: Final = re.compile(r"\bforced\b", re.IGNORECASE)
_HEARING_IMPAIRED: Final = re.compile(r"\bsdh\b|\bcc\b|hearing.?impaired", re.IGNORECASE)
_OBJECT_BASED: Final = re.compile(r"Atmos|DTS:X")
_FONT_MIME: Final = re.compile(r"font|application/vnd\.ms-opentype", re.IGNORECASE)
_FONT_NAME: Final = re.compile(r"\.(ttf|otf|ttc|woff2?)$", re.IGNORECASE)


def is_cover(stream: VideoStream) -> bool:
    """Whether a video stream is a picture attached to the film."""
    return bool(stream.disposition & Disposition.attached_pic)


def is_decodable(stream: Stream) -> bool:
    """Whether FFmpeg knows the codec; PyAV gives the stream no context otherwise."""
    context: CodecContext | None = stream.codec_context
    return context is not None


def dolby_vision_records(
    media: InputContainer, pictures: Sequence[VideoStream]
) -> dict[int, DolbyVision]:
    """The Dolby Vision configuration by stream index.

    PyAV shows a stream's side data only in FFmpeg's printed description, which it captures from
    the log: the log level is raised for just that call.
    """
    if not any(_codec_name(stream) in _DOLBY_VISION_CODECS for stream in pictures):
        return {}
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        description: str = media.dumps_format()  # type: ignore[attr-defined]  # missing in its stub
    finally:
        av.logging.set_level(level)
    return hdr.dolby_vision_records(description)


def video_track(
    stream: VideoStream, frame: VideoFrame | None, dolby_vision: DolbyVision | None
) -> VideoTrack:
    """A picture stream; ``frame``, its first picture, fills in what the headers leave open."""
    context = stream.codec_context
    colors = picture_colors(context, frame)
    depth = _bit_depth(context, frame)
    facts = _codec_facts(stream, depth)
    has_hdr10_plus = bool(_side_data(frame, "DYNAMIC_HDR_PLUS"))
    if frame and not dolby_vision:
        rpu = _side_data(frame, "DOVI_METADATA")
        dolby_vision = hdr.dolby_vision_from_rpu(rpu, transfer=colors.transfer)
    return VideoTrack(
        index=stream.index,
        codec=facts.codec,
        codec_string=video_codec_string(facts),
        profile=stream.profile,
        level=facts.level if facts.level >= 0 else None,
        width=context.width,
        height=context.height,
        display_aspect=_display_aspect(context),
        frame_rate=round(float(facts.frame_rate), 3) if facts.frame_rate else None,
        bitrate=_bitrate(stream, stream.bit_rate),
        bit_depth=depth or None,
        pixel_format=context.pix_fmt,
        color_range=colors.range,
        color_space=colors.space,
        color_primaries=colors.primaries,
        color_transfer=colors.transfer,
        field_order=_field_order(context, frame),
        rotation=frame.rotation if frame else 0,
        stereo_mode=stream.metadata.get("stereo_mode") or _frame_packing(frame),
        hdr=hdr.hdr_kind(
            transfer=colors.transfer,
            dolby_vision=dolby_vision,
            has_dynamic_metadata=has_hdr10_plus,
        ),
        dolby_vision=dolby_vision,
        mastering_display=hdr.mastering_display(_side_data(frame, "MASTERING_DISPLAY_METADATA")),
        content_light=hdr.content_light(_side_data(frame, "CONTENT_LIGHT_LEVEL")),
        language=language_from_tag(stream.language),
        title=_title(stream),
        is_default=bool(stream.disposition & Disposition.default),
        has_hdr10_plus=has_hdr10_plus,
    )


def audio_track(stream: AudioStream) -> AudioTrack:
    """A sound stream."""
    context: CodecContext | None = stream.codec_context
    codec, title, disposition = _codec_name(stream), _title(stream), stream.disposition
    profile = stream.profile
    extradata = (context.extradata or b"") if context else b""
    return AudioTrack(
        index=stream.index,
        codec=codec,
        codec_string=audio_codec_string(codec, extradata=extradata, profile=profile or ""),
        profile=profile,
        is_object_based=bool(_OBJECT_BASED.search(profile or "")),
        channels=stream.codec_context.channels if context else 0,
        layout=stream.codec_context.layout.name if context else None,
        sample_rate=stream.codec_context.sample_rate if context else 0,
        bitrate=_bitrate(stream, context.bit_rate if context else None),
        language=language_from_tag(stream.language),
        title=title,
        is_default=bool(disposition & Disposition.default),
        is_commentary=_flagged(disposition & Disposition.comment, _COMMENTARY, title),
        is_audio_description=_flagged(
            disposition & (Disposition.visual_impaired | Disposition.descriptions),
            _DESCRIPTION,
            title,
        ),
    )


def subtitle_track(stream: SubtitleStream) -> SubtitleTrack:
    """A subtitle stream."""
    codec, title, disposition = _codec_name(stream), _title(stream), stream.disposition
    return SubtitleTrack(
        index=stream.index,
        codec=codec,
        kind=SubtitleKind.TEXT if codec in _TEXT_SUBTITLES else SubtitleKind.BITMAP,
        language=language_from_tag(stream.language),
        title=title,
        is_default=bool(disposition & Disposition.default),
        is_forced=_flagged(disposition & Disposition.forced, _FORCED, title),
        is_hearing_impaired=_flagged(
            disposition & (Disposition.hearing_impaired | Disposition.captions),
            _HEARING_IMPAIRED,
            title,
        ),
        is_commentary=_flagged(disposition & Disposition.comment, _COMMENTARY, title),
    )


def attachments(media: InputContainer) -> tuple[Attachment, ...]:
    """Fonts, covers and other files inside the file."""
    covers = [
        Attachment(
            index=stream.index,
            kind=AttachmentKind.COVER,
            filename=stream.metadata.get("filename"),
            mime_type=stream.metadata.get("mimetype"),
            size=None,
        )
        for stream in media.streams.video
        if is_cover(stream)
    ]
    files = [
        Attachment(
            index=stream.index,
            kind=_attachment_kind(stream.metadata.get("filename"), stream.mimetype),
            filename=stream.metadata.get("filename"),
            mime_type=stream.mimetype,
            size=len(stream.data),
        )
        for stream in media.streams.attachments
    ]
    return tuple(sorted(covers + files, key=lambda attachment: attachment.index))


def _codec_name(stream: Stream) -> str:
    context: CodecContext | None = stream.codec_context
    return context.codec.canonical_name if context else "unknown"


def _codec_facts(stream: VideoStream, bit_depth: int) -> VideoCodecFacts:
    context = stream.codec_context
    return VideoCodecFacts(
        codec=_codec_name(stream),
        tag=context.codec_tag,
        extradata=context.extradata or b"",
        profile=stream.profile or "",
        level=context.level,
        width=context.width,
        height=context.height,
        frame_rate=stream.guessed_rate or stream.average_rate,
        bit_depth=bit_depth,
    )


def _bit_depth(context: VideoCodecContext, frame: VideoFrame | None) -> int:
    pixel_format = frame.format if frame else context.format
    return max((part.bits for part in pixel_format.components), default=0) if pixel_format else 0


def _display_aspect(context: VideoCodecContext) -> str:
    aspect = context.display_aspect_ratio or Fraction(context.width, context.height or 1)
    return f"{aspect.numerator}:{aspect.denominator}"


def _field_order(context: VideoCodecContext, frame: VideoFrame | None) -> FieldOrder | None:
    order = _FIELD_ORDERS.get(context.field_order)
    if order is None and frame and not frame.interlaced_frame:
        return FieldOrder.PROGRESSIVE
    return order


def _bitrate(stream: Stream, stated: int | None) -> int | None:
    """A track's rate; Matroska states it only in the statistics tags that mkvmerge writes."""
    tag = stream.metadata.get("BPS") or stream.metadata.get("BPS-eng") or ""
    return stated or (int(tag) if tag.isdecimal() else None)


def _title(stream: Stream) -> str | None:
    return stream.metadata.get("title") or stream.metadata.get("name") or None


def _flagged(disposition: int, pattern: re.Pattern[str], title: str | None) -> bool:
    return bool(disposition) or pattern.search(title or "") is not None


def _attachment_kind(filename: str | None, mime_type: str | None) -> AttachmentKind:
    is_font = _FONT_MIME.search(mime_type or "") or _FONT_NAME.search(filename or "")
    return AttachmentKind.FONT if is_font else AttachmentKind.OTHER


def _frame_packing(frame: VideoFrame | None) -> str | None:
    """How a picture holds those of both eyes, by the stream's own word (AVStereo3D)."""
    data = _side_data(frame, "STEREO3D")
    return _FRAME_PACKINGS.get(int.from_bytes(data[:4], sys.byteorder))


def _side_data(frame: VideoFrame | None, kind: str) -> bytes:
    """A frame's side data of that kind, or nothing."""
    data: SideData | None = frame.side_data.get(kind) if frame else None  # type: ignore[assignment]  # its stub is an untyped Mapping
    return bytes(data) if data is not None else b""
