"""Rows of the subtitles and sound tracks that lie beside films."""

import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import PurePosixPath

from apps.core.db.upserts import upsert
from apps.libraries.models import MediaFile, SideFile, SideFileKind
from apps.libraries.scan import rules
from apps.libraries.scan.extras import extra_kind
from apps.libraries.scan.sidefiles import match_side_file
from apps.libraries.scan.walk import FolderListing

_SAID = (
    "kind", "format", "language", "title", "is_forced", "is_default", "is_hearing_impaired",
    "is_commentary",
)  # fmt: skip
_SAYS = attrgetter(*_SAID)


def side_files(
    listing: FolderListing, files: Sequence[MediaFile], *, only_movie_in_folder: bool
) -> list[SideFile]:
    """What lies beside these films of a folder, or of a piece of a large one; not stored."""
    by_name: dict[str, list[MediaFile]] = {}
    for file in files:
        by_name.setdefault(rules.film_name(PurePosixPath(file.path)), []).append(file)
    owned = [
        (path, owners)
        for name, owners in by_name.items()
        for path in map(PurePosixPath, listing.paths_like(f"{name}."))
        if not _is_in_subs(path) and _owner(str(path), listing.film_names) == name
    ]
    if only_movie_in_folder:
        # Names in such a folder often hold no more than a language.
        films = [file for file in files if not extra_kind(PurePosixPath(file.path))]
        paths = (PurePosixPath(entry.path) for entry in listing.files)
        owned += [(path, films) for path in paths if _is_in_subs(path)]
    sides = [
        side
        for path, owners in owned
        if not _is_of_index(path, listing)
        for file in owners
        for side in _side_file(file, path)
    ]
    return sorted(sides, key=attrgetter("path"))


def _is_in_subs(path: PurePosixPath) -> bool:
    return path.parent.name.casefold() in rules.SUBTITLE_FOLDERS


def _is_of_index(path: PurePosixPath, listing: FolderListing) -> bool:
    """Whether it holds the pictures of an index beside it."""
    if path.suffix.lower() != ".sub":
        return False
    index = str(path.with_suffix(".idx")).casefold()
    like = listing.paths_like(f"{path.with_suffix('')}.")
    return any(other.casefold() == index for other in like)


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


def _owner(path: str, film_names: Container[str]) -> str | None:
    """Of the films with whose name a side file's begins, up to one of its dots, the longest."""
    name = path
    while "." in name.rpartition("/")[2]:
        name = name.rpartition(".")[0]
        if name in film_names:
            return name
    return None


def _side_file(file: MediaFile, path: PurePosixPath) -> Iterator[SideFile]:
    side = match_side_file(
        rules.film_stem(PurePosixPath(file.path)),
        path.name,
        in_subs_folder=_is_in_subs(path),
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
