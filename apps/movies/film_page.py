"""The facts of a film's versions and crew, put the way its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.libraries import labels
from apps.libraries.streams import Track, media_extent, media_tracks
from apps.movies.models import Credit, MovieFile
from apps.movies.selectors import MovieVersion

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
class FileFacts:
    """One file of a version."""

    id: UUID
    name: str
    size: int
    """Bytes."""
    extent: tuple[str, ...]
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
    is_3d: bool
    is_playable: bool
    is_unplayed_disc: bool
    """It is there, and no browser can be given it."""
    files: tuple[FileFacts, ...]

    @property
    def label(self) -> str:
        medium = self.container if self.is_unplayed_disc else ""
        known = [self.edition, medium, self.resolution, self.dynamic_range, self.is_3d and "3D"]
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
        is_3d=version.is_3d,
        is_playable=version.is_playable,
        is_unplayed_disc=version.is_disc and version.is_reachable,
        files=tuple(_file_facts(file) for file in version.files),
    )


def hindrance(versions: Sequence[MovieVersion]) -> str:
    """Why a film cannot be played now; "" when it can."""
    if any(version.is_playable for version in versions):
        return ""
    if any(version.is_disc and version.is_reachable for version in versions):
        return _("This film is there as a disc, which browsers cannot play yet.")
    return _("The film's files cannot be reached at the moment.")


def _file_facts(file: MovieFile) -> FileFacts:
    media = file.media_file
    return FileFacts(
        id=media.pk,
        name="/".join(media.path.split("/")[-2:]) if media.is_disc else media.file_name,
        size=media.size,
        extent=media_extent(media),
        is_playable=media.is_playable,
        failure=media.failure_text,
        tracks=media_tracks(media),
    )
