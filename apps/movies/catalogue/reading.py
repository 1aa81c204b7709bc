"""What a folder says about its films. Reads files, never the database."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from apps.libraries import paths
from apps.libraries.catalogue import ReportIssue
from apps.libraries.models import MediaFile
from apps.libraries.reasons import BesideProblem
from apps.libraries.scan import rules
from apps.libraries.scan.extras import ExtraKind, extra_kind
from apps.libraries.scan.titles import fold
from apps.libraries.scan.walk import FolderListing, WalkProblem
from apps.metadata import images
from apps.metadata.artwork import ArtworkKind, find_artwork
from apps.metadata.images import ImageReading, ImageUnreadableError, ImageUnusableError
from apps.metadata.models import ImageKind
from apps.metadata.nfo import MovieNfo, NfoError, parse_nfo
from apps.metadata.nfo.parser import MAX_BYTES

_ARTWORK = {
    ImageKind.POSTER: (ArtworkKind.PRIMARY, ArtworkKind.KEYART),
    ImageKind.BACKDROP: (ArtworkKind.BACKDROP, ArtworkKind.THUMB),
    ImageKind.LOGO: (ArtworkKind.LOGO,),
}
# Inside of a disc's folder, as Kodi writes them, or beside it.
_DISC_NFOS = ("VIDEO_TS.nfo", "index.nfo")


@dataclass(frozen=True)
class FilmFile:
    """A file of a film. `part` is only set when the other parts are there."""

    file: MediaFile
    version_key: str
    edition: str
    part: int | None


@dataclass(frozen=True)
class ExtraFile:
    file: MediaFile
    kind: ExtraKind
    title: str


@dataclass(frozen=True)
class FilmReading:
    """One film of a folder (an absolute path), as names, NFO and pictures tell of it."""

    folder: str
    files: tuple[FilmFile, ...]
    title: str
    year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    nfo: MovieNfo | None
    pictures: dict[ImageKind, ImageReading] = field(default_factory=dict)
    extras: tuple[ExtraFile, ...] = ()
    is_whole: bool = True
    """False when something beside the film could not be read: what it said before holds."""


def folder_read(
    *,
    root: Path,
    listing: FolderListing,
    files: Sequence[MediaFile],
    only_movie_in_folder: bool,
    report: ReportIssue,
) -> list[FilmReading]:
    """The films of a folder (or of a piece of a large one)."""
    return _Folder(root, listing, report, alone=only_movie_in_folder).read(files)


class _Folder:
    def __init__(
        self, root: Path, listing: FolderListing, report: ReportIssue, *, alone: bool
    ) -> None:
        self.root = root
        self.path = root / listing.path
        self.listing = listing
        self.report = report
        self.is_whole = True
        self.alone = alone

    def read(self, files: Sequence[MediaFile]) -> list[FilmReading]:
        features, extras = [], []
        for file in files:
            kind = extra_kind(PurePosixPath(file.path))
            if kind is None:
                features.append(file)
            else:
                extras.append(ExtraFile(file, kind, _extra_title(file, kind)))
        films = [self._film(group) for group in self._groups(_film_files(features))]
        if len(films) == 1 and self.alone:
            return [replace(films[0], extras=tuple(extras))]
        return _with_extras(films, extras)

    def _groups(self, files: Sequence[FilmFile]) -> list[list[FilmFile]]:
        if self.alone:
            return [list(files)] if files else []
        groups: dict[object, list[FilmFile]] = {}
        for film_file in files:
            name = _name(film_file.file)
            title = name["title"] if film_file.part else name["title_with_part"]
            ids = name["tmdb_id"] or name["imdb_id"]
            groups.setdefault(ids or (fold(title), name["year"]), []).append(film_file)
        return list(groups.values())

    def _film(self, files: Sequence[FilmFile]) -> FilmReading:
        names = [_name(film_file.file) for film_file in files]
        first = names[0]
        self.is_whole = True
        nfo, pictures = self._nfo(files), self._pictures(files)
        return FilmReading(
            folder=str(self.path),
            files=tuple(files),
            title=first["title"] if files[0].part else first["title_with_part"],
            year=_first(name["year"] for name in names),
            tmdb_id=_first(name["tmdb_id"] for name in names) or (nfo.tmdb_id if nfo else None),
            imdb_id=_first(name["imdb_id"] for name in names) or (nfo.imdb_id if nfo else None),
            nfo=nfo,
            pictures=pictures,
            is_whole=self.is_whole,
        )

    def _nfo(self, files: Sequence[FilmFile]) -> MovieNfo | None:
        candidates = [name for film_file in files for name in self._nfo_names(film_file)]
        found = self._names_like(files, ".nfo")
        if self.alone:
            candidates.append("movie.nfo")
            candidates.extend(found if len(found) == 1 else [])
        by_lower = {name.lower(): name for name in found}
        names = dict.fromkeys(by_lower.get(candidate.lower()) for candidate in candidates)
        read = (self._nfo_read(name) for name in names if name)
        return next(filter(None, read), None)

    def _nfo_names(self, film_file: FilmFile) -> Iterator[str]:
        yield f"{_stem(film_file)}.nfo"
        if film_file.file.segments:
            disc = PurePosixPath(film_file.file.path)
            inside = disc.relative_to(rules.film_folder(disc))
            yield from (f"{inside}/{name}" for name in _DISC_NFOS)
            yield from _DISC_NFOS

    def _nfo_read(self, name: str) -> MovieNfo | None:
        path = paths.inside(self.root, self.path / name)
        if path is None:
            self._unread(name)
            return None
        try:
            with path.open("rb") as file:
                return parse_nfo(file.read(MAX_BYTES + 1))
        except OSError as error:
            self._unread(name, error.strerror)
        except NfoError as error:
            self.report(str(self.path / name), BesideProblem.NFO, str(error))
        return None

    def _unread(self, name: str, message: str | None = None) -> None:
        """It was there a moment ago: its disk may go at this moment."""
        self.is_whole = False
        text = message or "It cannot be read any more"
        self.report(str(self.path / name), WalkProblem.UNREADABLE, text)

    def _pictures(self, files: Sequence[FilmFile]) -> dict[ImageKind, ImageReading]:
        pictures: dict[ImageKind, ImageReading] = {}
        for film_file in files:
            found = find_artwork(
                self._names_like(files, ""), stem=_stem(film_file), own_folder=self.alone
            )
            for kind, artwork in _ARTWORK.items():
                names = [name for art in artwork for name in found.get(art, ())]
                if kind not in pictures and (picture := self._picture(kind, names)):
                    pictures[kind] = picture
        return pictures

    def _picture(self, kind: ImageKind, names: Sequence[str]) -> ImageReading | None:
        """The first of these files that is a picture."""
        for name in names:
            path = paths.inside(self.root, self.path / name)
            if path is None:
                self._unread(name)
                continue
            try:
                return images.image_read(kind=kind, path=path, root=self.root)
            except ImageUnreadableError as error:
                self._unread(name, str(error))
            except ImageUnusableError as error:
                self.report(str(self.path / name), BesideProblem.PICTURE, str(error))
        return None

    def _names_like(self, files: Sequence[FilmFile], suffix: str) -> list[str]:
        """The names, relative to the folder, that may belong to a film: all in its own folder, else
        those that begin with its files' names."""
        around = f"{self.listing.path}/" if self.listing.path else ""
        beginnings = [""] if self.alone else map(_stem, files)
        return [
            path.removeprefix(around)
            for beginning in beginnings
            for path in self.listing.paths_like(f"{around}{beginning}")
            if path.lower().endswith(suffix)
        ]


def _with_extras(films: Sequence[FilmReading], extras: Sequence[ExtraFile]) -> list[FilmReading]:
    """Beside several films nothing tells whose an extra is, unless its name does: it begins with
    that of its film, and with no longer one."""
    by_stem = sorted(
        ((_stem(film_file), index) for index, film in enumerate(films) for film_file in film.files),
        key=lambda entry: -len(entry[0]),
    )
    owned: dict[int, list[ExtraFile]] = {}
    for extra in extras:
        name = PurePosixPath(extra.file.path).name
        owner = next((index for stem, index in by_stem if name.startswith(stem)), None)
        if owner is not None:
            owned.setdefault(owner, []).append(extra)
    return [replace(film, extras=tuple(owned.get(i, ()))) for i, film in enumerate(films)]


def _film_files(files: Sequence[MediaFile]) -> list[FilmFile]:
    """A part marker counts when another part of the same version is there."""
    parts: dict[tuple[str, str], set[int]] = {}
    for file in files:
        name = _name(file)
        if name["part"]:
            parts.setdefault(_version(file, name), set()).add(name["part"])
    film_files = []
    for file in files:
        name = _name(file)
        in_parts = name["part"] and len(parts[_version(file, name)]) > 1
        folder, key = _version(file, name)
        own = key if in_parts else f"{key}|{PurePosixPath(file.path).relative_to(folder)}"
        film_files.append(
            FilmFile(
                file=file,
                version_key=f"{file.library_id}|{folder}|{own}",
                edition=(name["edition"] or "")[:100],
                part=name["part"] if in_parts else None,
            )
        )
    return film_files


def _version(file: MediaFile, name: dict[str, Any]) -> tuple[str, str]:
    return str(rules.film_folder(PurePosixPath(file.path))), name["version_key"]


def _name(file: MediaFile) -> dict[str, Any]:
    return file.name or {}


def _stem(film_file: FilmFile) -> str:
    return rules.film_stem(PurePosixPath(film_file.file.path))


def _extra_title(file: MediaFile, kind: ExtraKind) -> str:
    stem = PurePosixPath(file.path).stem
    suffix = f"-{kind.value.replace('_', '')}"
    return stem[: -len(suffix)] if stem.casefold().endswith(suffix) else stem


def _first(values: Iterable[Any]) -> Any:  # noqa: ANN401
    return next((value for value in values if value), None)
