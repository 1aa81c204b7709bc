"""Looking into a disc: its largest segment for the streams, its tables for the rest."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from apps.libraries.scan import discs, rules
from apps.libraries.scan.probe import probe_file, probe_multiplex
from apps.libraries.scan.probe_types import (
    AudioTrack,
    Chapter,
    Container,
    MediaProbe,
    ProbeError,
    ProbeFailure,
    SubtitleTrack,
)
from apps.libraries.scan.titlesets import SoundPurpose, SubtitlePurpose, TitleSetTrack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Track = TypeVar("Track", AudioTrack, SubtitleTrack)

_CONTAINERS: Final = {
    discs.DiscKind.BLU_RAY: Container.BLU_RAY,
    discs.DiscKind.DVD: Container.DVD,
}
_COMMENTARIES: Final = frozenset((SoundPurpose.COMMENTARY, SoundPurpose.OTHER_COMMENTARY))
_SUBTITLE_COMMENTARIES: Final = frozenset(
    (
        SubtitlePurpose.COMMENTARY,
        SubtitlePurpose.LARGE_COMMENTARY,
        SubtitlePurpose.CHILDREN_COMMENTARY,
    )
)
_CAPTIONS: Final = frozenset(
    (
        SubtitlePurpose.CAPTIONS,
        SubtitlePurpose.LARGE_CAPTIONS,
        SubtitlePurpose.CHILDREN_CAPTIONS,
    )
)
# A program stream announces no streams: one is there from its first packet on.
_DVD_AHEAD: Final = {"ahead_bytes": 100_000_000, "ahead_seconds": 180}
# A program stream's ids: MPEG sound is a stream of its own, the others are numbered in a private
# one: sub-pictures from 0x20, AC-3 from 0x80, DTS from 0x88, LPCM from 0xA0.
_MPEG_SOUND: Final = range(0x1C0, 0x1E0)
_SUBTITLES: Final = range(0x20, 0x40)


def probe_path(path: str) -> MediaProbe:
    """What a film's file, or the folder of its disc, tells. Raises ProbeError."""
    is_disc = rules.is_disc_folder(os.path.basename(path)) and os.path.isdir(path)  # noqa: PTH112, PTH119
    return probe_disc(path) if is_disc else probe_file(path)


def probe_disc(path: str) -> MediaProbe:
    """What the main film of a disc's folder tells. Raises ProbeError."""
    try:
        film = discs.main_film(path)
    except discs.DiscError as error:
        raise ProbeError(ProbeFailure.NO_VIDEO, str(error)) from error
    except OSError as error:
        raise ProbeError(ProbeFailure.UNREADABLE, str(error)) from error
    largest = max(film.segments, key=lambda segment: segment.size)
    ahead = _DVD_AHEAD if film.kind is discs.DiscKind.DVD else {}
    probe, ids = probe_multiplex(f"{path}/{largest.path}", **ahead)
    duration = film.duration or _total_duration(path, film, {largest: probe.duration})
    if film.title_set:
        audio = dvd_audio(probe.audio, ids, film.title_set.audio)
        subtitles = dvd_subtitles(probe.subtitles, ids, film.title_set.subtitles)
    else:
        audio = _in_language(probe.audio, ids, film.languages)
        subtitles = _in_language(probe.subtitles, ids, film.languages)
    return replace(
        probe,
        container=_CONTAINERS[film.kind],
        size=film.size,
        duration=duration,
        bitrate=int(film.size * 8 / duration) if duration else None,
        audio=audio,
        subtitles=subtitles,
        chapters=_chapters(film.chapters, duration),
    )


def _total_duration(
    path: str, film: discs.MainFilm, known: Mapping[discs.Segment, float | None]
) -> float | None:
    lengths = [
        known[segment] if segment in known else probe_file(f"{path}/{segment.path}").duration
        for segment in film.segments
    ]
    return sum(length or 0.0 for length in lengths) or None


def _in_language(
    tracks: Sequence[Track], ids: Mapping[int, int], languages: Mapping[int, str]
) -> tuple[Track, ...]:
    """Tracks in the languages that a playlist gives to their packet ids."""
    return tuple(
        replace(track, language=languages.get(ids[track.index], track.language)) for track in tracks
    )


def dvd_audio(
    tracks: Sequence[AudioTrack], ids: Mapping[int, int], table: Sequence[TitleSetTrack]
) -> tuple[AudioTrack, ...]:
    """Tracks as the table of the title set has them, by the ids of their streams."""
    found = []
    for track in tracks:
        stream = ids[track.index]
        number = stream - _MPEG_SOUND.start if stream in _MPEG_SOUND else stream % 8
        said = _at(table, number)
        found.append(
            replace(
                track,
                language=said.language or track.language,
                is_commentary=said.purpose in _COMMENTARIES,
                is_audio_description=said.purpose == SoundPurpose.AUDIO_DESCRIPTION,
            )
        )
    return tuple(found)


def dvd_subtitles(
    tracks: Sequence[SubtitleTrack], ids: Mapping[int, int], table: Sequence[TitleSetTrack]
) -> tuple[SubtitleTrack, ...]:
    """Tracks as the table of the title set has them, by the ids of their streams."""
    found = []
    for track in tracks:
        said = _at(table, ids[track.index] - _SUBTITLES.start)
        found.append(
            replace(
                track,
                language=said.language or track.language,
                is_forced=said.purpose == SubtitlePurpose.FORCED,
                is_hearing_impaired=said.purpose in _CAPTIONS,
                is_commentary=said.purpose in _SUBTITLE_COMMENTARIES,
            )
        )
    return tuple(found)


def _at(table: Sequence[TitleSetTrack], number: int) -> TitleSetTrack:
    return table[number] if 0 <= number < len(table) else TitleSetTrack(None, 0)


def _chapters(starts: Sequence[float], duration: float | None) -> tuple[Chapter, ...]:
    """Chapters from where they begin; each ends where the next one does begin."""
    begins = sorted(set(starts))
    ends = [*begins[1:], max(duration or 0.0, *begins[-1:])] if begins else []
    return tuple(
        Chapter(start, end, None) for start, end in zip(begins, ends, strict=True) if end > start
    )
