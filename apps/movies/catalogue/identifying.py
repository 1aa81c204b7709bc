"""Which film a reading is: what a person has said, explicit ids, the film that its files belong
to, then title and year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.libraries.models import FileState
from apps.movies.catalogue.reading import FilmReading
from apps.movies.models import Movie, MovieFile
from apps.movies.services import match_key

if TYPE_CHECKING:
    import uuid

_IDS = ("tmdb_id", "imdb_id")


@dataclass(frozen=True)
class Identified:
    """`is_changed`: the film is new, or has learnt an id."""

    reading: FilmReading
    movie: Movie
    is_new: bool
    is_changed: bool


class _Known:
    """The films that a batch may mean, by everything they can be known by. They stay locked, so
    that no correction by a person is overwritten."""

    def __init__(self, readings: Sequence[FilmReading]) -> None:
        self.by_id: dict[str, dict[object, Movie]] = {name: {} for name in _IDS}
        self.by_title: dict[str, list[Movie]] = {}
        self.by_file: dict[uuid.UUID, Movie] = {}
        files = [film_file.file.pk for reading in readings for film_file in reading.files]
        links = dict(
            MovieFile.objects.filter(media_file__in=files).values_list("media_file", "movie")
        )
        found = Movie.objects.filter(
            Q(pk__in=links.values())
            | Q(tmdb_id__in=[r.tmdb_id for r in readings if r.tmdb_id])
            | Q(imdb_id__in=[r.imdb_id for r in readings if r.imdb_id])
            | Q(match_key__in=[key for r in readings for key in _keys(r)])
        )
        pictures = found.select_related("poster", "backdrop", "logo")
        # No key is taken from them: what people have seen of them can be stored meanwhile.
        locked = pictures.select_for_update(of=("self",), no_key=True).order_by("id")
        films = {movie.pk: movie for movie in locked}
        for movie in films.values():
            self.add(movie, [movie.match_key])
        self.by_file = {file: films[movie] for file, movie in links.items()}
        present = MovieFile.objects.filter(movie__in=links.values()).exclude(
            media_file__state=FileState.MISSING
        )
        self.files_of: dict[uuid.UUID, set[uuid.UUID]] = {}
        for movie_id, file_id in present.values_list("movie_id", "media_file_id"):
            self.files_of.setdefault(movie_id, set()).add(file_id)

    def add(self, movie: Movie, keys: Sequence[str]) -> None:
        for name, films in self.by_id.items():
            if value := getattr(movie, name):
                films[value] = movie
        for key in keys:
            self.by_title.setdefault(key, []).append(movie)

    def is_whole(self, movie: Movie, reading: FilmReading) -> bool:
        """Whether a film has no files but those of the reading."""
        own = {film_file.file.pk for film_file in reading.files}
        return self.files_of.get(movie.pk, set()) <= own

    def learn_ids(self, movie: Movie, reading: FilmReading) -> bool:
        """Answers whether the film had not known one. An id that is another film's stays there,
        and a person has the last word."""
        if _has_users(movie, *_IDS):
            return False
        is_new = False
        for name, films in self.by_id.items():
            old, value = getattr(movie, name), getattr(reading, name)
            if value and value != old and value not in films:
                films.pop(old, None)
                films[value] = movie
                setattr(movie, name, value)
                is_new = True
        return is_new


def identify(readings: Sequence[FilmReading]) -> list[Identified]:
    """A film for each reading; new ones are made but not stored. Inside a transaction."""
    known = _Known(readings)
    identified: list[Identified] = []
    for reading in readings:
        movie = next(_candidates(reading, known), None)
        is_new = movie is None
        movie = movie or Movie()
        has_new_id = known.learn_ids(movie, reading)
        known.add(movie, _keys(reading) if is_new else [])
        identified.append(Identified(reading, movie, is_new, is_new or has_new_id))
    return identified


def _candidates(reading: FilmReading, known: _Known) -> Iterator[Movie]:
    """The films that a reading may be, the best first."""
    current = [
        movie for film_file in reading.files if (movie := known.by_file.get(film_file.file.pk))
    ]
    yield from (movie for movie in current if _has_users(movie, *_IDS) or not reading.is_whole)
    for name, films in known.by_id.items():
        if movie := films.get(getattr(reading, name)):
            yield movie
    # An id that says otherwise makes it another film, whatever it is called.
    settled = [movie for movie in current if _agrees(movie, reading)]
    named = [
        movie
        for key in _keys(reading)
        for movie in known.by_title.get(key, ())
        if _agrees(movie, reading)
    ]
    yield from (movie for movie in settled if movie in named or _has_users(movie, "title", "year"))
    yield from named
    # With a name that is no other film's, the files stay with their film, unless others do and it
    # is these that were given a name of their own.
    yield from (movie for movie in settled if known.is_whole(movie, reading))


def _has_users(movie: Movie, *fields: str) -> bool:
    """Whether a person has set one of the fields."""
    return any(movie.sources.get(name) == "user" for name in fields)


def _agrees(movie: Movie, reading: FilmReading) -> bool:
    """Whether no id says that they are two."""
    tmdb = not (movie.tmdb_id and reading.tmdb_id) or movie.tmdb_id == reading.tmdb_id
    imdb = not (movie.imdb_id and reading.imdb_id) or movie.imdb_id == reading.imdb_id
    return tmdb and imdb


def _keys(reading: FilmReading) -> list[str]:
    """What the film may be listed as: the title that an NFO gives, and the one of its name."""
    keys = [match_key(reading.title, reading.year)]
    if nfo := reading.nfo:
        keys.insert(0, match_key(nfo.title or reading.title, nfo.year or reading.year))
    return list(dict.fromkeys(keys))
