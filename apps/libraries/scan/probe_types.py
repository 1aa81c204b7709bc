"""What a probe tells about a media file: plain frozen values that survive JSON and pickling.

Times are seconds, sizes bytes, bit rates bits a second. Languages are BCP 47 with the shortest
code (``en``, ``pt-BR``, ``yue``); None is "not stated".
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION = 2
"""Of what a probe tells. A full scan reads again the files that an older one has read."""

T = TypeVar("T")


class ProbeFailure(StrEnum):
    """Why a file could not be probed."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    NOT_MEDIA = "not_media"
    NO_VIDEO = "no_video"
    TRUNCATED = "truncated"
    UNDECODABLE = "undecodable"
    TIMED_OUT = "timed_out"


class ProbeError(Exception):
    """The file cannot be used as a film; ``reason`` says why, ``message`` gives the detail."""

    def __init__(self, reason: ProbeFailure, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class Container(StrEnum):
    """The file formats that a film may come in; a disc is a folder of files."""

    MATROSKA = "matroska"
    WEBM = "webm"
    MP4 = "mp4"
    MOV = "mov"
    AVI = "avi"
    ASF = "asf"
    FLV = "flv"
    MPEG_TS = "mpegts"
    MPEG_PS = "mpeg"
    MPEG_VIDEO = "mpegvideo"
    OGG = "ogg"
    BLU_RAY = "bluray"
    DVD = "dvd"


class HdrKind(StrEnum):
    """The dynamic range of a picture."""

    SDR = "sdr"
    HDR10 = "hdr10"
    HDR10_PLUS = "hdr10plus"
    HLG = "hlg"
    DOLBY_VISION = "dolby_vision"


class FieldOrder(StrEnum):
    """Progressive, or which field of an interlaced frame comes first."""

    PROGRESSIVE = "progressive"
    TOP_FIRST = "top_first"
    BOTTOM_FIRST = "bottom_first"


class SubtitleKind(StrEnum):
    """Whether a subtitle can be shown as text or only as pictures."""

    TEXT = "text"
    BITMAP = "bitmap"


class AttachmentKind(StrEnum):
    """What an attached file is for."""

    FONT = "font"
    COVER = "cover"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DolbyVision:
    """The Dolby Vision configuration; ``compatibility_id`` 1 is HDR10, 2 SDR, 4 HLG, 0 none."""

    profile: int
    level: int | None = None
    compatibility_id: int | None = None
    has_enhancement_layer: bool = False


@dataclass(frozen=True, slots=True)
class MasteringDisplay:
    """SMPTE ST 2086: CIE 1931 (x, y) of the primaries and white, luminance in cd/m²."""

    red: tuple[float, float] | None
    green: tuple[float, float] | None
    blue: tuple[float, float] | None
    white_point: tuple[float, float] | None
    min_luminance: float | None
    max_luminance: float | None


@dataclass(frozen=True, slots=True)
class ContentLight:
    """CTA-861.3 light levels in cd/m²."""

    max_content: int
    max_frame_average: int


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """One picture stream; ``index`` is the stream's index in the file.

    ``codec_string`` is the RFC 6381 name (``avc1.640028``), ``level`` the codec's own number
    (41 for H.264 level 4.1, 120 for HEVC level 4.0), colours carry the ITU-T H.273 names.
    ``has_hdr10_plus`` also beside Dolby Vision, which ``hdr`` names then.
    """

    index: int
    codec: str
    codec_string: str | None
    profile: str | None
    level: int | None
    width: int
    height: int
    display_aspect: str
    frame_rate: float | None
    bitrate: int | None
    bit_depth: int | None
    pixel_format: str | None
    color_range: str | None
    color_space: str | None
    color_primaries: str | None
    color_transfer: str | None
    field_order: FieldOrder | None
    rotation: int
    stereo_mode: str | None
    hdr: HdrKind
    dolby_vision: DolbyVision | None
    mastering_display: MasteringDisplay | None
    content_light: ContentLight | None
    language: str | None
    title: str | None
    is_default: bool
    has_hdr10_plus: bool = False

    @property
    def is_3d(self) -> bool:
        return self.stereo_mode not in (None, "mono")


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One sound stream; ``profile`` names what lies on top (``Dolby TrueHD + Dolby Atmos``)."""

    index: int
    codec: str
    codec_string: str | None
    profile: str | None
    is_object_based: bool
    channels: int
    layout: str | None
    sample_rate: int
    bitrate: int | None
    language: str | None
    title: str | None
    is_default: bool
    is_commentary: bool
    is_audio_description: bool


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One subtitle stream."""

    index: int
    codec: str
    kind: SubtitleKind
    language: str | None
    title: str | None
    is_default: bool
    is_forced: bool
    is_hearing_impaired: bool
    is_commentary: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named span of the film."""

    start: float
    end: float
    title: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the file: a font for the subtitles, a cover."""

    index: int
    kind: AttachmentKind
    filename: str | None
    mime_type: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class MediaProbe:
    """Everything that the server knows about a media file from looking into it.

    ``duration`` is None only for a file that does not state it.
    """

    container: Container
    size: int
    duration: float | None
    bitrate: int | None
    title: str | None
    video: tuple[VideoTrack, ...]
    audio: tuple[AudioTrack, ...]
    subtitles: tuple[SubtitleTrack, ...]
    chapters: tuple[Chapter, ...]
    attachments: tuple[Attachment, ...]

    def to_json(self) -> dict[str, Any]:
        """The probe as values that :mod:`json` writes, with the version of their shape."""
        return {"version": VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MediaProbe:
        """The probe that :meth:`to_json` wrote, now or in an older version; what that did not
        tell has its default. ValueError for any other version."""
        if data.get("version") not in range(1, VERSION + 1):
            msg = f"probe version {data.get('version')!r} is not one up to {VERSION}"
            raise ValueError(msg)
        return _record(cls, data)


_hints = functools.cache(typing.get_type_hints)


def _record(cls: Callable[..., T], data: Mapping[str, object]) -> T:
    hints = _hints(cls)
    return cls(**{name: _value(hints[name], data[name]) for name in hints.keys() & data.keys()})


def _value(hint: object, raw: object) -> object:
    """``raw`` as the type that a field of the classes above declares."""
    if isinstance(hint, types.UnionType):
        inner = next(arg for arg in hint.__args__ if arg is not type(None))
        return None if raw is None else _value(inner, raw)
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, item) for item in typing.cast("list[object]", raw))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint, typing.cast("dict[str, object]", raw))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(raw)
    return raw
