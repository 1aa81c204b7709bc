"""Whether a browser's video element can play a file as it is.

A first opinion from the file alone: the page asks ``canPlayType`` with the MIME type on top of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps.libraries.scan.probe_types import AudioTrack, Container, MediaProbe, VideoTrack


class Verdict(StrEnum):
    """How likely a browser is to play a file."""

    PLAYABLE = "playable"
    UNLIKELY = "unlikely"
    NO = "no"


class Reason(StrEnum):
    """What stands in the way."""

    CONTAINER = "container"
    CONTAINER_NOT_EVERYWHERE = "container_not_everywhere"
    VIDEO_CODEC = "video_codec"
    VIDEO_CODEC_NOT_EVERYWHERE = "video_codec_not_everywhere"
    VIDEO_PROFILE_NOT_EVERYWHERE = "video_profile_not_everywhere"
    AUDIO_CODEC = "audio_codec"
    AUDIO_CODEC_NOT_EVERYWHERE = "audio_codec_not_everywhere"


@dataclass(frozen=True, slots=True)
class DirectPlay:
    """The verdict, the MIME type with its ``codecs`` for ``canPlayType``, and the reasons."""

    mime_type: str
    verdict: Verdict
    reasons: tuple[Reason, ...]


_MIME_TYPES: Final = {
    Container.MP4: "video/mp4",
    # Chromium refuses video/quicktime by its name and plays the same bytes as MP4.
    Container.MOV: "video/mp4",
    Container.WEBM: "video/webm",
    Container.MATROSKA: "video/x-matroska",
    Container.OGG: "video/ogg",
    Container.AVI: "video/x-msvideo",
    Container.ASF: "video/x-ms-asf",
    Container.FLV: "video/x-flv",
    Container.MPEG_TS: "video/mp2t",
    Container.MPEG_PS: "video/mpeg",
    Container.MPEG_VIDEO: "video/mpeg",
    Container.BLU_RAY: "video/mp2t",
    Container.DVD: "video/mpeg",
}

_CONTAINERS: Final = {
    Container.MP4: None,
    Container.MOV: None,
    Container.WEBM: None,
    Container.MATROSKA: Reason.CONTAINER_NOT_EVERYWHERE,
    Container.OGG: Reason.CONTAINER_NOT_EVERYWHERE,
}
_VIDEO_CODECS: Final = {
    "h264": None,
    "vp8": None,
    "vp9": None,
    "av1": None,
    "hevc": Reason.VIDEO_CODEC_NOT_EVERYWHERE,
    "theora": Reason.VIDEO_CODEC_NOT_EVERYWHERE,
}
_AUDIO_CODECS: Final = {
    "aac": None,
    "mp3": None,
    "opus": None,
    "vorbis": None,
    "flac": None,
    "ac3": Reason.AUDIO_CODEC_NOT_EVERYWHERE,
    "eac3": Reason.AUDIO_CODEC_NOT_EVERYWHERE,
    "alac": Reason.AUDIO_CODEC_NOT_EVERYWHERE,
}
_IMPOSSIBLE: Final = frozenset((Reason.CONTAINER, Reason.VIDEO_CODEC, Reason.AUDIO_CODEC))
# What Firefox and Safari decode of H.264; Chromium decodes the rest in software.
_H264_PIXEL_FORMATS: Final = frozenset(("yuv420p", "yuvj420p"))
# It has no picture that a player without Dolby Vision shows in the right colours.
_DOLBY_VISION_ONLY: Final = 5


def direct_play(probe: MediaProbe) -> DirectPlay:
    """The verdict on a file's first video track with the audio track that a browser starts with."""
    video, audio = probe.video[0], _first_heard(probe.audio)
    reasons = tuple(_reasons(probe.container, video, audio))
    codecs = [track.codec_string for track in (video, audio) if track and track.codec_string]
    mime_type = _MIME_TYPES[probe.container]
    return DirectPlay(
        mime_type=f'{mime_type}; codecs="{",".join(codecs)}"' if codecs else mime_type,
        verdict=_verdict(reasons),
        reasons=reasons,
    )


def _first_heard(tracks: tuple[AudioTrack, ...]) -> AudioTrack | None:
    return next((track for track in tracks if track.is_default), tracks[0] if tracks else None)


def _reasons(container: Container, video: VideoTrack, audio: AudioTrack | None) -> Iterator[Reason]:
    found = [
        _CONTAINERS.get(container, Reason.CONTAINER),
        _VIDEO_CODECS.get(video.codec, Reason.VIDEO_CODEC),
        _AUDIO_CODECS.get(audio.codec, Reason.AUDIO_CODEC) if audio else None,
    ]
    yield from (reason for reason in found if reason)
    is_unusual_h264 = video.codec == "h264" and video.pixel_format not in _H264_PIXEL_FORMATS
    if is_unusual_h264 or (video.dolby_vision and video.dolby_vision.profile == _DOLBY_VISION_ONLY):
        yield Reason.VIDEO_PROFILE_NOT_EVERYWHERE


def _verdict(reasons: tuple[Reason, ...]) -> Verdict:
    if not reasons:
        return Verdict.PLAYABLE
    return Verdict.NO if _IMPOSSIBLE.intersection(reasons) else Verdict.UNLIKELY
