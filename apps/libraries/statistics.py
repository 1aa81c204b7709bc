"""What a library holds, in figures."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Func, Q, QuerySet, Sum, Value, When

from apps.core.cache.caches import Cache
from apps.core.cache.keys import Ttl
from apps.core.cache.tags import Tag
from apps.libraries.access import Access, access_of, works
from apps.libraries.models import FileState, Library, MediaFile
from apps.libraries.models.files import RESOLUTIONS
from apps.libraries.works import works_of
from apps.users.models import User

STATISTICS: Final = Tag("libraries", "statistics")
"""By library; the end of a scan drops it."""
SMALLER: Final = "smaller"
"""Than the smallest resolution that has a name."""


@dataclass(frozen=True, slots=True)
class Part:
    """`value` is "" where nothing is known."""

    value: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class LibraryStatistics:
    """Files that are missing are only in `missing`; the parts have the biggest first."""

    films: int
    unmatched: int
    files: int
    size: int
    duration_seconds: int
    unavailable: int
    """In folders that cannot be read at present."""
    broken: int
    missing: int
    resolutions: tuple[Part, ...]
    video_codecs: tuple[Part, ...]
    dynamic_ranges: tuple[Part, ...]
    audio_languages: tuple[Part, ...]
    subtitle_languages: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """Files that have all of this in common."""

    state: str
    is_available: bool
    resolution: str
    video_codec: str
    dynamic_range: str
    files: int
    size: int
    seconds: float | None


def _tags(identifier: str) -> tuple[str, ...]:
    library, _, _ = identifier.partition(":")
    return (STATISTICS.key(library),)


_KEPT: "Cache[LibraryStatistics]" = Cache(
    "libraries", "statistics-of", ttl=Ttl.LIBRARY, tags_of=_tags
)


def library_statistics(*, user: User, library: Library) -> LibraryStatistics:
    """Of what the user may see of the library; an administrator also of one that is off."""
    access = Access((library.pk,)) if user.is_admin else access_of(user).only(library.pk)
    seen = hashlib.sha256(repr(access).encode()).hexdigest()
    return _KEPT.get_or_set(f"{library.pk}:{seen}", lambda: _count(library, access))


def statistics_changed(library_id: uuid.UUID) -> None:
    """Count anew, from the commit of the open transaction on."""
    STATISTICS.drop_on_commit(library_id)


def _count(library: Library, access: Access) -> LibraryStatistics:
    seen = MediaFile.objects.filter(access.condition("library__in", *works()))
    files = seen.filter(root__removed_at=None).order_by()
    rows = _rows(files)
    there = [row for row in rows if row.state != FileState.MISSING]
    shown = files.exclude(state=FileState.MISSING)
    counted = works_of(library).counted(access)
    return LibraryStatistics(
        films=counted.works,
        unmatched=counted.unmatched,
        files=sum(row.files for row in there),
        size=sum(row.size for row in there),
        duration_seconds=round(sum(row.seconds or 0 for row in there)),
        unavailable=sum(row.files for row in there if not row.is_available),
        broken=sum(row.files for row in there if row.state == FileState.BROKEN),
        missing=sum(row.files for row in rows if row.state == FileState.MISSING),
        resolutions=_parts((row.resolution, row.files, row.size) for row in there),
        video_codecs=_parts((row.video_codec, row.files, row.size) for row in there),
        dynamic_ranges=_parts((row.dynamic_range, row.files, row.size) for row in there),
        audio_languages=_languages(shown, "audio_languages"),
        subtitle_languages=_languages(shown, "subtitle_languages"),
    )


def _rows(files: QuerySet[MediaFile]) -> list[_Row]:
    """All combinations that occur: a few hundred even of a hundred thousand files."""
    dimensions = ("state", "root__is_available", "picture", "video_codec", "dynamic_range")
    rows: QuerySet[MediaFile, Any] = files.annotate(picture=_resolution())
    rows = rows.values_list(*dimensions).annotate(Count("pk"), Sum("size"), Sum("duration_seconds"))
    return [_Row(*row) for row in rows]


def _resolution() -> Case:
    """As `resolution_name` has it."""
    named = [
        When(Q(width__gte=width) | Q(height__gte=height), then=Value(name))
        for width, height, name in RESOLUTIONS
    ]
    smaller = When(height__gt=0, then=Value(SMALLER))
    return Case(*named, smaller, default=Value(""), output_field=CharField())


class _Unnest(Func):
    function = "unnest"
    set_returning = True
    arity = 1


def _languages(files: QuerySet[MediaFile], field: str) -> tuple[Part, ...]:
    unnested = _Unnest(F(field), output_field=CharField())
    languages: Any = files.annotate(language=unnested)  # what the stubs do not follow
    return _parts(languages.values_list("language").annotate(Count("pk"), Sum("size")))


def _parts(rows: Iterable[tuple[str, int, int]]) -> tuple[Part, ...]:
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for value, count, size in rows:
        files[value] += count
        sizes[value] += size
    return tuple(Part(value, count, sizes[value]) for value, count in files.most_common())
