"""What a demo film consists of. Languages are ISO 639-2 codes in files, 639-1 in file names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VideoCodec(StrEnum):
    """Values are encoder names."""

    H264 = "libx264"
    HEVC = "libx265"
    VP9 = "libvpx-vp9"
    AV1 = "libsvtav1"
    MPEG4 = "mpeg4"


class AudioCodec(StrEnum):
    """Values are encoder names."""

    AAC = "aac"
    OPUS = "libopus"
    AC3 = "ac3"
    FLAC = "flac"
    MP3 = "libmp3lame"


class SubtitleCodec(StrEnum):
    """Values are encoder names."""

    MOV_TEXT = "mov_text"
    SUBRIP = "subrip"
    ASS = "ass"


class CaptionFormat(StrEnum):
    """Values are file suffixes."""

    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"


@dataclass(frozen=True, slots=True)
class Video:
    codec: VideoCodec = VideoCodec.H264
    width: int = 640
    height: int = 360
    frame_rate: int = 24
    hdr10: bool = False


@dataclass(frozen=True, slots=True)
class Audio:
    codec: AudioCodec = AudioCodec.AAC
    language: str = "eng"
    title: str | None = None
    layout: str = "stereo"
    commentary: bool = False


@dataclass(frozen=True, slots=True)
class Subtitle:
    codec: SubtitleCodec
    language: str
    lines: tuple[str, ...]
    title: str | None = None
    forced: bool = False
    hearing_impaired: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """One video file. `path` is relative to the film's folder; `label` is shown in the picture."""

    path: str
    seconds: int = 12
    label: str = ""
    video: Video = Video()
    audio: tuple[Audio, ...] = (Audio(),)
    subtitles: tuple[Subtitle, ...] = ()
    chapters: tuple[str, ...] = ()
    attach_cover: bool = False


@dataclass(frozen=True, slots=True)
class SideCaption:
    """A subtitle file beside the film."""

    path: str
    format: CaptionFormat
    lines: tuple[str, ...]
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Role:
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class Story:
    """What the NFO tells; `rating` is out of ten, `premiered` an ISO date."""

    number: int
    plot: str
    outline: str
    tagline: str
    premiered: str
    mpaa: str
    rating: float
    votes: int
    genres: tuple[str, ...]
    countries: tuple[str, ...]
    studios: tuple[str, ...]
    tags: tuple[str, ...]
    directors: tuple[str, ...]
    writers: tuple[str, ...]
    cast: tuple[Role, ...]
    original_title: str | None = None
    sort_title: str | None = None
    collection: str | None = None
    nfo: str = "movie.nfo"
    poster: str = "poster.jpg"
    backdrop: str = "fanart.jpg"

    @property
    def tmdb_id(self) -> int:
        """An id far above those in use."""
        return 9_000_000 + self.number

    @property
    def imdb_id(self) -> str:
        return f"tt{9_900_000 + self.number}"


@dataclass(frozen=True, slots=True)
class Film:
    """`entry` is the folder in the library, or with `story` None the bare file's own name."""

    design: str
    title: str
    year: int
    entry: str
    clips: tuple[Clip, ...]
    chord: tuple[int, ...]
    captions: tuple[SideCaption, ...] = ()
    story: Story | None = None

    @property
    def name(self) -> str:
        return f"{self.title} ({self.year})"
