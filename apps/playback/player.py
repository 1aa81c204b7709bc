"""Everything that the player page hands to its script."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.libraries import labels
from apps.libraries.models import MediaFile, SideFile, SideFileKind
from apps.libraries.streams import media_probe
from apps.movies.film_page import version_facts
from apps.movies.models import Movie
from apps.movies.selectors import MovieVersion
from apps.playback.direct_play import DirectPlay, Reason, Verdict, direct_play

_TEXT_FORMATS = frozenset({"srt", "ass", "ssa", "vtt"})
_REASONS: Mapping[Reason, Promise] = {
    Reason.CONTAINER: gettext_lazy("Browsers do not play the file format %(container)s."),
    Reason.CONTAINER_NOT_EVERYWHERE: gettext_lazy(
        "Only some browsers play the file format %(container)s."
    ),
    Reason.VIDEO_CODEC: gettext_lazy("Browsers do not play %(video)s video."),
    Reason.VIDEO_CODEC_NOT_EVERYWHERE: gettext_lazy("Only some browsers play %(video)s video."),
    Reason.VIDEO_PROFILE_NOT_EVERYWHERE: gettext_lazy(
        "Only some browsers play this kind of %(video)s video."
    ),
    Reason.AUDIO_CODEC: gettext_lazy("Browsers do not play %(audio)s sound."),
    Reason.AUDIO_CODEC_NOT_EVERYWHERE: gettext_lazy("Only some browsers play %(audio)s sound."),
}


@dataclass(frozen=True)
class Subtitle:
    """A subtitle file, as WebVTT."""

    src: str
    language: str
    label: str
    forced: bool
    default: bool
    sdh: bool


@dataclass(frozen=True)
class ChapterMark:
    start: float
    """Seconds from the part's beginning."""
    title: str


@dataclass(frozen=True)
class Part:
    """A file; a film's parts play as one. `duration` is in seconds, 0 when it is not known."""

    src: str
    mime: str
    verdict: Verdict
    reasons: tuple[str, ...]
    is_container_common: bool
    """The browser's word on the MIME type can be trusted: it is no container that some browsers
    play without saying so."""
    has_doubtful_audio: bool
    duration: float
    subtitles: tuple[Subtitle, ...]
    chapters: tuple[ChapterMark, ...]


@dataclass(frozen=True)
class Alternative:
    """Another version of the film, for when the browser refuses this one."""

    label: str
    url: str
    mime: str
    verdict: Verdict


def parts_of(files: Iterable[MediaFile]) -> tuple[Part, ...]:
    return tuple(_part(file) for file in files)


def alternatives_to(
    chosen: MovieVersion, *, versions: Sequence[MovieVersion], movie: Movie
) -> tuple[Alternative, ...]:
    watch = reverse("playback:watch", args=[movie.pk])
    others = [version for version in versions if version is not chosen]
    return tuple(
        Alternative(
            label=version_facts(version).label,
            url=f"{watch}?version={version.files[0].pk}",
            mime=opinion.mime_type if opinion else "",
            verdict=opinion.verdict if opinion else Verdict.UNLIKELY,
        )
        for version in others
        for opinion in [version_opinion(version)]
    )


def version_opinion(version: MovieVersion) -> DirectPlay | None:
    """Of the version's first file; its parts come from one hand."""
    return _opinion(version.files[0].media_file)


def version_choose(versions: Sequence[MovieVersion], wanted: str) -> MovieVersion:
    """The version that starts with the file of this id; else the first that browsers play."""
    for version in versions:
        if str(version.files[0].pk) == wanted:
            return version
    for version in versions:
        opinion = version_opinion(version)
        if opinion and opinion.verdict is Verdict.PLAYABLE:
            return version
    return versions[0]


def _opinion(file: MediaFile) -> DirectPlay | None:
    probe = media_probe(file)
    return direct_play(probe) if probe else None


def _part(file: MediaFile) -> Part:
    opinion = _opinion(file)
    probe = media_probe(file)
    reasons = opinion.reasons if opinion else ()
    chapters = probe.chapters if probe else ()
    return Part(
        src=reverse("playback:stream", args=[file.pk]),
        mime=opinion.mime_type if opinion else "",
        verdict=opinion.verdict if opinion else Verdict.UNLIKELY,
        reasons=tuple(_reason_text(reason, file) for reason in reasons),
        is_container_common=Reason.CONTAINER_NOT_EVERYWHERE not in reasons,
        has_doubtful_audio=Reason.AUDIO_CODEC_NOT_EVERYWHERE in reasons,
        duration=file.duration_seconds or 0.0,
        subtitles=tuple(_subtitles(file.side_files.all())),
        chapters=tuple(
            ChapterMark(
                chapter.start, chapter.title or _("Chapter %(number)d") % {"number": number}
            )
            for number, chapter in enumerate(chapters, start=1)
        ),
    )


def _subtitles(side_files: Iterable[SideFile]) -> Iterable[Subtitle]:
    for side_file in side_files:
        if side_file.kind == SideFileKind.SUBTITLE and side_file.format in _TEXT_FORMATS:
            yield Subtitle(
                src=reverse("playback:subtitle", args=[side_file.pk]),
                language=side_file.language,
                label=_subtitle_label(side_file),
                forced=side_file.is_forced,
                default=side_file.is_default,
                sdh=side_file.is_hearing_impaired,
            )


def _subtitle_label(side_file: SideFile) -> str:
    name = labels.language_label(side_file.language) or side_file.title or _("Unknown language")
    notes = [
        side_file.title if side_file.title != name else "",
        _("forced") if side_file.is_forced else "",
        _("for the hard of hearing") if side_file.is_hearing_impaired else "",
    ]
    known = ", ".join(note for note in notes if note)
    return f"{name} ({known})" if known else name


def _reason_text(reason: Reason, file: MediaFile) -> str:
    """Why a browser may refuse the file, in words."""
    names = {
        "container": labels.container_label(file.container),
        "video": labels.codec_label(file.video_codec),
        "audio": labels.codec_label(file.audio_codec),
    }
    return str(_REASONS[reason]) % names
