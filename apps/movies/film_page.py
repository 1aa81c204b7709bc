"""The facts of a film's versions and crew, put the way its page shows them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.libraries.models import MediaFile, SideFile, SideFileKind
from apps.libraries.scan.probe_types import (
    AudioTrack,
    MediaProbe,
    SubtitleKind,
    SubtitleTrack,
    VideoTrack,
)
from apps.movies import labels
from apps.movies.models import Credit, MovieFile
from apps.movies.selectors import MovieVersion

logger = logging.getLogger(__name__)

_JOBS = {
    "Director": gettext_lazy("Directed by"),
    "Writer": gettext_lazy("Written by"),
}


@dataclass(frozen=True)
class CrewRole:
    """A job, and who did it."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """A line of the table of streams."""

    kind: str
    language: str
    details: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FileFacts:
    """One file of a version."""

    id: UUID
    name: str
    size: int
    """Bytes."""
    is_playable: bool
    failure: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True)
class VersionFacts:
    """One version of a film; `first_file_id` names it in addresses."""

    first_file_id: UUID
    edition: str
    resolution: str
    dynamic_range: str
    container: str
    duration_seconds: float
    size: int
    is_playable: bool
    files: tuple[FileFacts, ...]

    @property
    def label(self) -> str:
        known = [self.edition, self.resolution, self.dynamic_range]
        return " · ".join(part for part in known if part) or _("Film")


def crew_roles(crew: Sequence[Credit]) -> list[CrewRole]:
    """Directors first, then writers; other jobs are not on the page."""
    roles = []
    for job, title in _JOBS.items():
        names = dict.fromkeys(credit.person.name for credit in crew if credit.job == job)
        if names:
            roles.append(CrewRole(str(title), tuple(names)))
    return roles


def version_facts(version: MovieVersion) -> VersionFacts:
    first = version.files[0].media_file
    return VersionFacts(
        first_file_id=version.files[0].pk,
        edition=version.edition,
        resolution=version.resolution,
        dynamic_range=labels.dynamic_range_label(version.dynamic_range),
        container=labels.container_label(first.container) if first.container else "",
        duration_seconds=version.duration_seconds,
        size=version.size,
        is_playable=version.is_playable,
        files=tuple(_file_facts(file) for file in version.files),
    )


def media_probe(file: MediaFile) -> MediaProbe | None:
    """What the probe said; None for a file that was never probed, or by an older version."""
    if file.probe is None:
        return None
    try:
        return MediaProbe.from_json(file.probe)
    except (KeyError, TypeError, ValueError):
        logger.warning("the probe of file %s cannot be read; a scan renews it", file.pk)
        return None


def media_tracks(file: MediaFile) -> tuple[Track, ...]:
    """The streams inside a file and beside it."""
    return (*_probed_tracks(media_probe(file)), *map(_side_track, file.side_files.all()))


def _file_facts(file: MovieFile) -> FileFacts:
    media = file.media_file
    return FileFacts(
        id=media.pk,
        name=media.file_name,
        size=media.size,
        is_playable=media.is_playable,
        failure=media.failure_message,
        tracks=media_tracks(media),
    )


def _probed_tracks(probe: MediaProbe | None) -> Iterator[Track]:
    if probe is not None:
        yield from map(_video_track, probe.video)
        yield from map(_audio_track, probe.audio)
        yield from map(_subtitle_track, probe.subtitles)


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _notes(*notes: tuple[bool, str]) -> tuple[str, ...]:
    return tuple(text for applies, text in notes if applies)


def _video_track(track: VideoTrack) -> Track:
    return Track(
        kind=_("Video"),
        language=labels.language_label(track.language),
        details=_joined(
            labels.codec_label(track.codec),
            track.profile,
            f"{track.width} × {track.height}",  # noqa: RUF001  (the sign people write sizes with)
            f"{track.frame_rate:.4g} fps" if track.frame_rate else None,
            f"{track.bit_depth} bit" if (track.bit_depth or 0) > 8 else None,
            labels.dynamic_range_label(track.hdr),
            track.title,
        ),
        notes=(),
    )


def _audio_track(track: AudioTrack) -> Track:
    return Track(
        kind=_("Audio"),
        language=labels.language_label(track.language),
        details=_joined(
            labels.codec_label(track.codec),
            labels.channels_label(track.channels),
            f"{track.bitrate // 1000} kbit/s" if track.bitrate else None,
            track.title,
        ),
        notes=_notes(
            (track.is_default, _("default")),
            (track.is_commentary, _("commentary")),
            (track.is_audio_description, _("audio description")),
        ),
    )


def _subtitle_track(track: SubtitleTrack) -> Track:
    return Track(
        kind=_("Subtitles"),
        language=labels.language_label(track.language),
        details=_joined(labels.codec_label(track.codec), track.title),
        notes=_notes(
            (track.is_default, _("default")),
            (track.is_forced, _("forced")),
            (track.is_hearing_impaired, _("for the hard of hearing")),
            (track.is_commentary, _("commentary")),
            (track.kind is SubtitleKind.BITMAP, _("pictures")),
        ),
    )


def _side_track(side_file: SideFile) -> Track:
    is_subtitle = side_file.kind == SideFileKind.SUBTITLE
    return Track(
        kind=_("Subtitles") if is_subtitle else _("Audio"),
        language=labels.language_label(side_file.language),
        details=_joined(labels.codec_label(side_file.format), side_file.title),
        notes=_notes(
            (True, _("separate file")),
            (side_file.is_default, _("default")),
            (side_file.is_forced, _("forced")),
            (side_file.is_hearing_impaired, _("for the hard of hearing")),
        ),
    )
