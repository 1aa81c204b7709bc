"""Looking into a media file with FFmpeg's libraries, and into no other file.

A probe opens one regular local file, accepts only the containers that films come in, and decodes
the first picture, so that a file that passes can be played. It may still take long or bring the
process down with a hostile file: run it in a process of its own with a time and a memory limit.
"""

from __future__ import annotations

import itertools
import os
import stat
from typing import TYPE_CHECKING, Final

import av
import av.error

from apps.libraries.scan import probe_streams
from apps.libraries.scan.probe_types import (
    Chapter,
    Container,
    MediaProbe,
    ProbeError,
    ProbeFailure,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# FFmpeg's demuxers for films, then for sound alone, so that a song is told from noise.
_DEMUXERS: Final = (
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,"
    "mp3,aac,flac,wav,ac3,eac3,dts"
)
_OPTIONS: Final = {
    "format_whitelist": _DEMUXERS,
    "protocol_whitelist": "file,crypto,data",
}
_AHEAD_BYTES: Final = 10_000_000
_AHEAD_SECONDS: Final = 10
_READ_TIMEOUT_SECONDS: Final = 30.0
_FIRST_FRAME_PACKETS: Final = 1000
_HEAD_BYTES: Final = 64
_EBML: Final = b"\x1a\x45\xdf\xa3"

_CONTAINERS: Final = {
    "matroska,webm": Container.MATROSKA,
    "mov,mp4,m4a,3gp,3g2,mj2": Container.MP4,
    "avi": Container.AVI,
    "asf": Container.ASF,
    "flv": Container.FLV,
    "mpegts": Container.MPEG_TS,
    "mpeg": Container.MPEG_PS,
    "mpegvideo": Container.MPEG_VIDEO,
    "ogg": Container.OGG,
}


def probe_file(path: str) -> MediaProbe:
    """Everything that the file tells about itself; ProbeError when it is not a playable film."""
    return probe_multiplex(path)[0]


def probe_multiplex(
    path: str, *, ahead_bytes: int = _AHEAD_BYTES, ahead_seconds: int = _AHEAD_SECONDS
) -> tuple[MediaProbe, dict[int, int]]:
    """The same, and by the index of each stream its id in the multiplex: the packet id of a
    transport stream, the start code or number of a program stream's.

    So far ahead it is looked for streams that the file's beginning does not announce.
    """
    size, head = _read_head(path)
    options = {
        **_OPTIONS,
        "probesize": str(ahead_bytes),
        "analyzeduration": str(ahead_seconds * av.time_base),
    }
    try:
        with av.open(
            f"file:{path}",
            mode="r",
            options=options,
            metadata_errors="replace",
            timeout=_READ_TIMEOUT_SECONDS,
        ) as media:
            ids = {stream.index: stream.id for stream in media.streams}
            return _probe(media, size=size, head=head), ids
    except av.error.FFmpegError as error:
        raise ProbeError(_failure(error, head), error.strerror or type(error).__name__) from error


def _read_head(path: str) -> tuple[int, bytes]:
    """The size and the first bytes of a regular file; a pipe or a device is never opened."""
    try:
        status = os.stat(path)  # noqa: PTH116  (a name that is not UTF-8 stays as it is)
        if not stat.S_ISREG(status.st_mode):
            raise ProbeError(ProbeFailure.UNREADABLE, "not a regular file")
        if status.st_size == 0:
            raise ProbeError(ProbeFailure.EMPTY, "the file has no bytes")
        with open(path, "rb") as file:  # noqa: PTH123
            return status.st_size, file.read(_HEAD_BYTES)
    except OSError as error:
        raise ProbeError(ProbeFailure.UNREADABLE, error.strerror or str(error)) from error
    except ValueError as error:
        raise ProbeError(ProbeFailure.UNREADABLE, str(error)) from error


def _failure(error: av.error.FFmpegError, head: bytes) -> ProbeFailure:
    match error:
        case av.error.ExitError():
            return ProbeFailure.TIMED_OUT
        case av.error.PermissionError() | av.error.FileNotFoundError():
            return ProbeFailure.UNREADABLE
        case av.error.EOFError() | av.error.OSError():
            return ProbeFailure.TRUNCATED
        case _:
            # It begins as a film and lacks what should follow: an MP4's index is at its end.
            is_begun = head[4:8] == b"ftyp" or head.startswith(_EBML)
            return ProbeFailure.TRUNCATED if is_begun else ProbeFailure.NOT_MEDIA


def _probe(media: InputContainer, *, size: int, head: bytes) -> MediaProbe:
    pictures = [stream for stream in media.streams.video if not probe_streams.is_cover(stream)]
    if not pictures:
        raise ProbeError(ProbeFailure.NO_VIDEO, "the file has no video stream")
    container = _container(media, head)
    dolby_vision = probe_streams.dolby_vision_records(media, pictures)
    duration = _duration(media)
    frame = _first_frame(media, pictures[0])
    return MediaProbe(
        container=container,
        size=size,
        duration=duration,
        bitrate=media.bit_rate or (int(size * 8 / duration) if duration else None),
        title=media.metadata.get("title") or None,
        video=tuple(
            probe_streams.video_track(
                stream,
                frame if stream is pictures[0] else None,
                dolby_vision.get(stream.index),
            )
            for stream in pictures
            if probe_streams.is_decodable(stream)
        ),
        audio=tuple(probe_streams.audio_track(stream) for stream in media.streams.audio),
        subtitles=tuple(probe_streams.subtitle_track(stream) for stream in media.streams.subtitles),
        chapters=_chapters(media),
        attachments=probe_streams.attachments(media),
    )


def _container(media: InputContainer, head: bytes) -> Container:
    container = _CONTAINERS.get(media.format.name)
    if container is None:
        raise ProbeError(ProbeFailure.NO_VIDEO, f"{media.format.name} is a sound format")
    if container is Container.MATROSKA and b"webm" in head:
        return Container.WEBM
    if container is Container.MP4 and media.metadata.get("major_brand", "qt  ") == "qt  ":
        return Container.MOV
    return container


def _first_frame(media: InputContainer, stream: VideoStream) -> VideoFrame:
    """The first picture, from at most `_FIRST_FRAME_PACKETS` packets."""
    if not probe_streams.is_decodable(stream):
        raise ProbeError(ProbeFailure.UNDECODABLE, "no decoder knows the video's codec")
    stream.codec_context.thread_count = 1
    has_data = False
    for packet in itertools.islice(media.demux(stream), _FIRST_FRAME_PACKETS):
        has_data = has_data or packet.size > 0
        try:
            frames = packet.decode()
        except av.error.ExitError:
            raise
        except av.error.FFmpegError:
            continue  # a stream cut from a broadcast starts with pictures that miss their reference
        if frames:
            return frames[0]
    if has_data:
        raise ProbeError(ProbeFailure.UNDECODABLE, "no picture could be decoded")
    raise ProbeError(ProbeFailure.TRUNCATED, "the file ends before the first picture")


def _duration(media: InputContainer) -> float | None:
    """The film's length; that of the longest stream when the container states none."""
    if media.duration and media.duration > 0:
        return media.duration / av.time_base
    lengths = [
        float(stream.duration * stream.time_base)
        for stream in media.streams
        if stream.duration and stream.time_base
    ]
    return max(lengths, default=None)


def _chapters(media: InputContainer) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            start=float(chapter["start"] * base),
            end=float(chapter["end"] * base),
            title=chapter["metadata"].get("title") or None,
        )
        for chapter in media.chapters()
        if (base := chapter["time_base"])
    )
