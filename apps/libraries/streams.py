"""The streams of a media file, in it and beside it, in words for its pages."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.libraries import labels
from apps.libraries.models import MediaFile, SideFile, SideFileKind
from apps.libraries.scan.probe_types import (
    AttachmentKind,
    AudioTrack,
    FieldOrder,
    MediaProbe,
    SubtitleKind,
    SubtitleTrack,
    VideoTrack,
)

logger = logging.getLogger(__name__)

_USUAL_SAMPLE_RATE = 48_000


@dataclass(frozen=True)
class Track:
    """A line of the table of streams."""

    kind: str
    language: str
    details: str
    notes: tuple[str, ...]


def media_probe(file: MediaFile) -> MediaProbe | None:
    """What the probe said; None for a file that was never probed, or when it makes no sense."""
    if file.probe is None:
        return None
    try:
        return MediaProbe.from_json(file.probe)
    except (KeyError, TypeError, ValueError):
        logger.warning("the probe of file %s cannot be read; a full scan renews it", file.pk)
        return None


def media_tracks(file: MediaFile) -> tuple[Track, ...]:
    """The streams inside a file and beside it."""
    return (*_probed_tracks(media_probe(file)), *map(_side_track, file.side_files.all()))


def media_extent(file: MediaFile) -> tuple[str, ...]:
    """What a file has besides streams: chapters, fonts; and the segments of a disc."""
    probe = media_probe(file)
    chapters = len(probe.chapters) if probe else 0
    attachments = probe.attachments if probe else ()
    fonts = sum(item.kind is AttachmentKind.FONT for item in attachments)
    counts = (
        (len(file.segments), ngettext("%d segment", "%d segments", len(file.segments))),
        (chapters, ngettext("%d chapter", "%d chapters", chapters)),
        (fonts, ngettext("%d font", "%d fonts", fonts)),
    )
    return tuple(text % number for number, text in counts if number)


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
    light = track.mastering_display.max_luminance if track.mastering_display else None
    return Track(
        kind=_("Video"),
        language=labels.language_label(track.language),
        details=_joined(
            labels.codec_label(track.codec),
            track.profile,
            f"{track.width} × {track.height}",  # noqa: RUF001  (the sign people write sizes with)
            labels.rate_label(track.frame_rate, "fps") if track.frame_rate else None,
            f"{track.bit_depth} bit" if (track.bit_depth or 0) > 8 else None,
            labels.hdr_label(track),
            f"{light:.0f} cd/m²" if light else None,
            labels.bitrate_label(track.bitrate),
            track.title,
        ),
        notes=_notes(
            (track.field_order not in (None, FieldOrder.PROGRESSIVE), _("interlaced")),
            (track.is_3d, "3D"),
        ),
    )


def _audio_track(track: AudioTrack) -> Track:
    rate = track.sample_rate
    return Track(
        kind=_("Audio"),
        language=labels.language_label(track.language),
        details=_joined(
            labels.sound_label(track.codec, track.profile),
            labels.channels_label(track.channels),
            labels.rate_label(rate / 1000, "kHz") if rate and rate != _USUAL_SAMPLE_RATE else None,
            labels.bitrate_label(track.bitrate),
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
            (side_file.is_commentary, _("commentary")),
        ),
    )
