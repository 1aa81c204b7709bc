"""What the tests of the demo films read out of a media file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

if TYPE_CHECKING:
    from pathlib import Path

    from av.stream import Stream


@dataclass(frozen=True)
class Track:
    kind: str
    codec: str
    language: str | None
    title: str | None
    flags: frozenset[str]


@dataclass(frozen=True)
class Probe:
    tracks: tuple[Track, ...]
    seconds: float
    size: tuple[int, int]
    chapters: tuple[str, ...]

    def of(self, kind: str) -> list[Track]:
        return [track for track in self.tracks if track.kind == kind]


def probe(path: Path) -> Probe:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return Probe(
            tuple(_track(stream) for stream in container.streams if stream.type != "data"),
            (container.duration or 0) / av.time_base,
            (video.width, video.height),
            tuple(chapter["metadata"]["title"] for chapter in container.chapters()),
        )


def _track(stream: Stream) -> Track:
    named = ("forced", "comment", "hearing_impaired", "attached_pic")
    flags = frozenset(name for name in named if stream.disposition & Disposition[name])
    # MP4 has no track title but a "name" atom.
    title = stream.metadata.get("title") or stream.metadata.get("name")
    codec = stream.codec_context.codec.canonical_name
    return Track(stream.type, codec, stream.language, title, flags)
