"""Writing what is known of films. Sources: a user's value stands, an NFO's goes over a file's."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from django.utils import timezone

from apps.core.db.upserts import upsert
from apps.libraries.models import FileState
from apps.libraries.scan.titles import sort_title
from apps.metadata.artwork import EXTRA_BACKDROP_FOLDER
from apps.metadata.models import Image, ImageKind
from apps.metadata.nfo import MovieNfo
from apps.movies import services
from apps.movies.catalogue import values
from apps.movies.catalogue.identifying import Identified
from apps.movies.catalogue.linked import Names, credits_store, genres_store, lines
from apps.movies.catalogue.reading import FilmReading
from apps.movies.models import Movie, MovieFile

PICTURES = {ImageKind.POSTER: "poster", ImageKind.BACKDROP: "backdrop", ImageKind.LOGO: "logo"}
_COLUMNS = [
    *services.DERIVED, "title", "original_title", "sort_title", "year", "release_date",
    "runtime", "overview", "tagline", "certification", "countries", "studios", "tags",
    "trailer_url", "vote_average", "vote_count", "external_ratings",
    "collection", "poster", "backdrop", "logo", "sources",
]  # fmt: skip
_KEYS = ["tmdb_id", "imdb_id"]
_REFERENCES = ("collection", "poster", "backdrop", "logo")


def describe(
    identified: Sequence[Identified],
    *,
    pictures: Mapping[tuple[str, str], Image],
    language: str,
) -> set[uuid.UUID]:
    """Fill in and store the films of a batch, with genres, people and collections.

    Answers the films that have changed. The films must be locked.
    """
    films: dict[uuid.UUID, list[Identified]] = {}
    for item in identified:
        films.setdefault(item.movie.pk, []).append(item)
    names = Names(item.reading.nfo for item in identified if item.reading.nfo)
    shared = _with_files_elsewhere(films)
    descriptions = [_Description(films[pk], is_shared=pk in shared) for pk in films]
    for description in descriptions:
        description.write(names, pictures, language)
    changed = [description for description in descriptions if description.has_changed]
    _films_store(changed)
    people = {one.movie.pk: one.nfo for one in descriptions if one.decides("people")}
    genres = {one.movie.pk: one.nfo for one in descriptions if one.decides("genres")}
    return (
        {one.movie.pk for one in changed}
        | credits_store(people, names)
        | genres_store(genres, names)
    )


class _Description:
    """What the readings of one film say. `is_shared`: the film also has files in other folders,
    so that what is not said here may be said there."""

    def __init__(self, items: Sequence[Identified], *, is_shared: bool) -> None:
        self.movie = items[0].movie
        self.is_new = items[0].is_new
        self.readings = [item.reading for item in items]
        self.nfo = next((reading.nfo for reading in self.readings if reading.nfo), None)
        self.is_shared = is_shared
        self._is_whole = all(reading.is_whole for reading in self.readings)
        self.learnt_id = any(item.is_changed for item in items)
        self._redrawn = False  # a picture has changed, and is in the same row
        self._sources = self.movie.sources
        self._before = _state(self.movie)

    @property
    def has_changed(self) -> bool:
        return self.learnt_id or self._redrawn or _state(self.movie) != self._before

    def decides(self, name: str) -> bool:
        """Whether an NFO says who made the film or what it is, or one no longer does."""
        source = self._sources.get(name)
        is_withdrawn = source == "nfo" and self._withdraws
        return source != "user" and (name in self._linked or is_withdrawn)

    @property
    def _withdraws(self) -> bool:
        """Whether no NFO says any more what none says now."""
        return self.nfo is not None or (self._is_whole and not self.is_shared)

    @property
    def _linked(self) -> list[str]:
        """Of `values.LINKED`, what the NFO states."""
        if self.nfo is None:
            return []
        has = {"people": bool(lines(self.nfo)), "genres": bool(self.nfo.genres)}
        return [name for name in values.LINKED if has[name]]

    def write(self, names: Names, pictures: Mapping[tuple[str, str], Image], language: str) -> None:
        """Fill in the film."""
        movie = self.movie
        named = values.stated(_from_file(self.readings[0]))
        stated = values.stated(_from_nfo(self.nfo, names)) if self.nfo else {}
        if not self.is_shared:
            values.withdraw(movie, "file", keep=named)
        if self._withdraws:
            values.withdraw(movie, "nfo", keep=[*stated, *self._linked])
        values.merge(movie, named, "file")
        values.merge(movie, stated, "nfo")
        for name in self._linked:
            movie.sources = {name: "nfo", **movie.sources}
        self._hang(pictures)
        if movie.sources.get("sort_title", "file") == "file":
            movie.sort_title = sort_title(movie.title, movie.original_language or language)[:500]
        services.movie_derive(movie)

    def _hang(self, pictures: Mapping[tuple[str, str], Image]) -> None:
        """The pictures that lie beside the film; one that no longer does is taken down."""
        for kind, name in PICTURES.items():
            found = (reading.pictures.get(kind) for reading in self.readings)
            picture = next(filter(None, found), None)
            current: Image | None = getattr(self.movie, name)
            if self.movie.sources.get(name) == "user":
                continue
            if picture is not None:
                self._redrawn |= current is not None and current.key != picture.key
                setattr(self.movie, name, pictures[picture.source_path, picture.kind])
            elif current is not None and self._is_whole and self._was_here(current):
                setattr(self.movie, name, None)

    def _was_here(self, image: Image) -> bool:
        """Whether, if the picture were still there, it would have been found."""
        if not self.is_shared:
            return True
        folder = PurePosixPath(image.source_path).parent
        if folder.name.casefold() == EXTRA_BACKDROP_FOLDER:
            folder = folder.parent
        return any(str(folder) == reading.folder for reading in self.readings)


def _state(movie: Movie) -> list[Any]:
    names = [f"{name}_id" if name in _REFERENCES else name for name in _COLUMNS]
    return [getattr(movie, name) for name in names]


def _with_files_elsewhere(films: Mapping[uuid.UUID, Sequence[Identified]]) -> set[uuid.UUID]:
    """The films with files in folders that are not among the readings'."""
    folders = {
        film_file.file.folder_id
        for items in films.values()
        for item in items
        for film_file in item.reading.files
    }
    elsewhere = MovieFile.objects.filter(movie__in=films).exclude(media_file__folder__in=folders)
    present = elsewhere.exclude(media_file__state=FileState.MISSING)
    return set(present.values_list("movie_id", flat=True))


def _films_store(descriptions: Sequence[_Description]) -> None:
    now = timezone.now()
    for description in descriptions:
        movie = description.movie
        movie.metadata_updated_at = now
        if description.is_new:
            movie.library_added_at = now
    columns = [*_COLUMNS, "metadata_updated_at", "updated_at"]
    # Who writes a key locks out whoever refers to the row, such as what people have seen of it.
    upsert((one.movie for one in descriptions if not one.learnt_id), key=["id"], columns=columns)
    learnt = (one.movie for one in descriptions if one.learnt_id)
    upsert(learnt, key=["id"], columns=[*columns, *_KEYS])


def _from_file(reading: FilmReading) -> dict[str, Any]:
    seconds = max((film_file.file.duration_seconds or 0) for film_file in reading.files)
    if reading.files[0].part:
        seconds = sum(film_file.file.duration_seconds or 0 for film_file in reading.files)
    return {
        "title": reading.title,
        "year": reading.year,
        "runtime": round(seconds / 60) or None,
    }


def _from_nfo(nfo: MovieNfo, names: Names) -> dict[str, Any]:
    rating = next((r for r in nfo.ratings if r.is_default), next(iter(nfo.ratings), None))
    return {
        "title": nfo.title,
        "original_title": nfo.original_title,
        "sort_title": nfo.sort_title and sort_title(nfo.sort_title),
        "year": nfo.year or (nfo.premiered.year if nfo.premiered else None),
        "release_date": nfo.premiered,
        "overview": nfo.plot or nfo.outline,
        "tagline": nfo.tagline,
        "runtime": nfo.runtime,
        "certification": nfo.content_rating,
        "countries": list(nfo.countries),
        "studios": list(nfo.studios),
        "tags": list(nfo.tags),
        "trailer_url": nfo.trailer if nfo.trailer and len(nfo.trailer) <= 500 else None,
        "vote_average": rating and round(10 * rating.value / rating.maximum, 2),
        "vote_count": rating and rating.votes,
        "external_ratings": [
            {
                "source": r.source,
                "value": f"{r.value:g}/{r.maximum:g}",
                "score": round(100 * r.value / r.maximum, 1),
            }
            for r in nfo.ratings
        ],
        "collection": names.collections[nfo.collection.name[:255]] if nfo.collection else None,
    }
