"""Rows of the subtitles and sound tracks that lie beside films."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import PurePosixPath

from apps.core.db.upserts import upsert
from apps.libraries.models import MediaFile, SideFile, SideFileKind
from apps.libraries.scan import rules
from apps.libraries.scan.extras import extra_kind
from apps.libraries.scan.grouping import holds_one_movie
from apps.libraries.scan.sidefiles import match_side_file
from apps.libraries.scan.walk import FolderListing

_SAID = (
    "kind", "format", "language", "title", "is_forced", "is_default", "is_hearing_impaired",
    "is_commentary",
)  # fmt: skip
_SAYS = attrgetter(*_SAID)


def side_files(listing: FolderListing, files: Sequence[MediaFile]) -> Iterator[SideFile]:
    """The side files of a folder's films, not stored."""
    by_stem: dict[str, list[MediaFile]] = {}
    for file in files:
        path = PurePosixPath(file.path)
        named = rules.film_folder(path) / rules.film_stem(path)
        by_stem.setdefault(str(named), []).append(file)
    alone = holds_one_movie(listing)
    paths = [PurePosixPath(entry.path) for entry in listing.files]
    indexes = {path.with_suffix("") for path in paths if path.suffix.lower() == ".idx"}
    for path in paths:
        suffix = path.suffix.lower()
        if suffix not in rules.SUBTITLE_EXTENSIONS | rules.AUDIO_EXTENSIONS:
            continue
        if suffix == ".sub" and path.with_suffix("") in indexes:
            continue  # the pictures of the index beside it
        if path.parent.name.casefold() in rules.SUBTITLE_FOLDERS:
            # Names in such a folder often hold no more than a language.
            owners = [file for file in files if alone and not extra_kind(PurePosixPath(file.path))]
        else:
            owners = _owners(str(path), by_stem)
        for file in owners:
            yield from _side_file(file, path)


def side_files_store(files: Sequence[MediaFile], rows: Iterable[SideFile]) -> None:
    """Replace the files' side files by these."""
    wanted = {(row.media_file_id, row.path): row for row in rows}
    present = {
        (row.media_file_id, row.path): row for row in SideFile.objects.filter(media_file__in=files)
    }
    gone = [row.pk for key, row in present.items() if key not in wanted]
    SideFile.objects.filter(pk__in=gone).delete()
    news = [row for key, row in wanted.items() if _said(row) != _said(present.get(key))]
    upsert(news, key=["media_file_id", "path"], columns=[*_SAID, "updated_at"])


def _said(row: SideFile | None) -> tuple[object, ...] | None:
    return None if row is None else _SAYS(row)


def subtitle_languages(file: MediaFile, rows: Iterable[SideFile]) -> list[str]:
    """The languages of a film's subtitles, in the file and beside it."""
    inside = [track["language"] for track in (file.probe or {}).get("subtitles", [])]
    beside = [row.language for row in rows if row.kind == SideFileKind.SUBTITLE]
    return list(dict.fromkeys(language for language in (*inside, *beside) if language))


def by_file(rows: Iterable[SideFile]) -> dict[uuid.UUID, list[SideFile]]:
    grouped: dict[uuid.UUID, list[SideFile]] = {}
    for row in rows:
        grouped.setdefault(row.media_file_id, []).append(row)
    return grouped


def _owners(path: str, by_stem: Mapping[str, list[MediaFile]]) -> list[MediaFile]:
    """The videos whose name a side file's begins with, up to one of its dots."""
    stem = path
    while "." in stem.rpartition("/")[2]:
        stem = stem.rpartition(".")[0]
        if stem in by_stem:
            return by_stem[stem]
    return []


def _side_file(file: MediaFile, path: PurePosixPath) -> Iterator[SideFile]:
    side = match_side_file(
        rules.film_stem(PurePosixPath(file.path)),
        path.name,
        in_subs_folder=path.parent.name.casefold() in rules.SUBTITLE_FOLDERS,
    )
    if side is not None:
        yield SideFile(
            media_file=file,
            kind=SideFileKind(side.kind),
            path=str(path),
            format=side.format,
            language=side.language or "",
            title=(side.title or "")[:255],
            is_forced=side.is_forced,
            is_default=side.is_default,
            is_hearing_impaired=side.is_hearing_impaired,
            is_commentary=side.is_commentary,
        )
