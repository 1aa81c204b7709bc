"""Reads of films."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.core.db.lists import Column, Filters, Ordering
from apps.core.db.rows import get_or_not_found
from apps.libraries.access import access_of
from apps.libraries.models import FileState, MediaFile
from apps.libraries.models.files import resolution_name
from apps.movies.models import Credit, CreditType, Genre, Movie, MovieExtra, MovieFile, WatchState
from apps.movies.querysets import MovieQuerySet
from apps.users.models import User

Viewer = User | AnonymousUser


class MovieOrder(StrEnum):
    """The API's `order_by`."""

    ADDED = "added"
    TITLE = "title"
    YEAR = "year"
    RATING = "rating"


_TITLE = (Column("sort_title"), Column("id"))
_COLUMNS: Mapping[MovieOrder, tuple[Column, ...]] = {
    MovieOrder.ADDED: (Column("library_added_at", descending=True), Column("id", descending=True)),
    MovieOrder.TITLE: _TITLE,
    MovieOrder.YEAR: (Column("year", descending=True, nullable=True), *_TITLE),
    MovieOrder.RATING: (Column("vote_average", descending=True, nullable=True), *_TITLE),
}
ORDERINGS = {order: Ordering(f"movies:{order}", columns) for order, columns in _COLUMNS.items()}
"""Each has its index in `Movie.Meta`."""


def _has_genre(slug: str) -> Q:
    through = Movie.genres.through.objects
    return Q(Exists(through.filter(movie=OuterRef("pk"), genre__slug=slug)))


_FILTERS = Filters(
    {
        "genre": _has_genre,
        "year": lambda year: Q(year=year),
        "year_from": lambda year: Q(year__gte=year),
        "year_to": lambda year: Q(year__lte=year),
    }
)


@dataclass(frozen=True)
class MovieFilter:
    """What a list is narrowed to; None is everything."""

    genre: str | None = None
    """A genre's slug."""
    year: int | None = None
    year_from: int | None = None
    year_to: int | None = None
    library_id: uuid.UUID | None = None

    def conditions(self) -> Q:
        """All but the library's: see `movie_list`."""
        chosen = {name: value for name, value in vars(self).items() if name != "library_id"}
        return _FILTERS.condition(chosen)


@dataclass(frozen=True)
class MovieVersion:
    """One version of a film: its files in the order of their parts."""

    files: tuple[MovieFile, ...]

    @property
    def edition(self) -> str:
        return self.files[0].edition

    @property
    def is_playable(self) -> bool:
        return all(file.media_file.is_playable for file in self.files)

    @property
    def is_reachable(self) -> bool:
        return all(file.media_file.is_reachable for file in self.files)

    @property
    def is_disc(self) -> bool:
        return any(file.media_file.is_disc for file in self.files)

    @property
    def is_3d(self) -> bool:
        return self.files[0].media_file.is_3d

    @property
    def height(self) -> int:
        return max((file.media_file.height or 0) for file in self.files)

    @property
    def duration_seconds(self) -> float:
        return sum(file.media_file.duration_seconds or 0 for file in self.files)

    @property
    def size(self) -> int:
        return sum(file.media_file.size for file in self.files)

    @property
    def resolution(self) -> str:
        return self.files[0].media_file.resolution

    @property
    def dynamic_range(self) -> str:
        return self.files[0].media_file.dynamic_range


def movie_list(
    *, user: Viewer, order: MovieOrder = MovieOrder.ADDED, chosen: MovieFilter | None = None
) -> MovieQuerySet:
    """The films that the user may view, with their posters."""
    access, chosen = access_of(user), chosen or MovieFilter()
    if chosen.library_id is not None:
        # Nothing tells that an invisible library has a film too.
        access = access.only(chosen.library_id)
    movies = Movie.objects.admitted_by(access).filter(chosen.conditions())
    return ORDERINGS[order].apply(movies.select_related("poster"))


def movie_get(*, user: Viewer, movie_id: uuid.UUID) -> Movie:
    """A film with pictures, genres and collection. Raises NotFoundError also for an invisible
    one."""
    visible = Movie.objects.visible_to(user)
    related = visible.select_related("poster", "backdrop", "logo", "collection")
    with_genres = related.prefetch_related("genres")
    return get_or_not_found(with_genres, "There is no such film", pk=movie_id)


def movie_files(*, user: Viewer, movie_id: uuid.UUID) -> list[MovieFile]:
    """A film's files that are not missing, in the libraries that the user may view."""
    return list(
        MovieFile.objects.visible_to(user)
        .filter(movie_id=movie_id)
        .exclude(media_file__state=FileState.MISSING)
        .select_related("media_file__root")
        .prefetch_related("media_file__side_files")
    )


def movie_downloads(*, user: Viewer, movie: Movie) -> frozenset[uuid.UUID]:
    """Which of a film's media files the user may take along."""
    files = MediaFile.objects.downloadable_by(user).filter(movie_file__movie=movie)
    return frozenset(files.values_list("pk", flat=True))


def movie_versions(*, user: Viewer, movie: Movie) -> list[MovieVersion]:
    """The versions of a film, the playable ones first, then the sharpest."""
    files = movie_files(user=user, movie_id=movie.pk)
    by_key = groupby(
        sorted(files, key=lambda file: (file.version_key, file.part or 0)),
        key=lambda file: file.version_key,
    )
    versions = [MovieVersion(tuple(parts)) for _, parts in by_key]
    versions.sort(key=lambda version: (not version.is_playable, -version.height, version.edition))
    return versions


def movie_extras(*, user: Viewer, movie: Movie) -> list[MovieExtra]:
    return list(
        MovieExtra.objects.visible_to(user)
        .filter(movie=movie, media_file__state=FileState.AVAILABLE)
        .select_related("media_file__root")
    )


def movie_cast(*, movie: Movie, limit: int | None = None) -> list[Credit]:
    cast = movie.credits.filter(credit_type=CreditType.CAST).select_related("person")
    return list(cast.order_by("order", "id")[:limit])


def movie_crew(*, movie: Movie) -> list[Credit]:
    crew = movie.credits.filter(credit_type=CreditType.CREW).select_related("person")
    return list(crew.order_by("order", "id"))


def genre_list(*, user: Viewer) -> QuerySet[Genre]:
    """The genres that some visible film has."""
    through = Movie.genres.through.objects
    visible = Movie.objects.visible_to(user).values("pk")
    return Genre.objects.filter(
        Exists(through.filter(genre=OuterRef("pk"), movie__in=visible))
    ).order_by("name")


def year_list(*, user: Viewer) -> list[int]:
    """The years of the visible films, the latest first."""
    years = Movie.objects.visible_to(user).exclude(year=None).order_by("-year")
    return [year for year in years.values_list("year", flat=True).distinct() if year]


def watch_state(*, user: User, movie: Movie) -> WatchState | None:
    return WatchState.objects.visible_to(user).filter(movie=movie).first()


def continue_watching(*, user: User, limit: int) -> list[WatchState]:
    """Films that were begun (more than 5 % seen) and not finished, the latest first."""
    return list(
        WatchState.objects.visible_to(user)
        .filter(
            is_completed=False,
            progress_seconds__gt=F("duration_seconds") * 0.05,
            movie__in=Movie.objects.visible_to(user),
        )
        .select_related("movie__poster", "movie__backdrop")
        .order_by("-last_watched_at")[:limit]
    )


def recently_added(*, user: Viewer, limit: int) -> list[Movie]:
    return list(movie_list(user=user, order=MovieOrder.ADDED)[:limit])


def collection_movies(*, user: Viewer, movie: Movie, limit: int = 12) -> list[Movie]:
    """The other visible films of a film's collection, in the order of their years."""
    if movie.collection_id is None:
        return []
    others = Movie.objects.visible_to(user).filter(collection_id=movie.collection_id)
    return list(
        others.exclude(pk=movie.pk).select_related("poster").order_by("year", "sort_title")[:limit]
    )


def watch_states_of(*, user: User, movies: list[Movie]) -> dict[uuid.UUID, WatchState]:
    """By movie id, for marks on posters."""
    states = WatchState.objects.visible_to(user).filter(movie__in=movies)
    return {state.movie_id: state for state in states}


@dataclass(frozen=True)
class MovieCard:
    """A film as a poster shows it, with the user's marks."""

    movie: Movie
    watch_state: WatchState | None
    is_available: bool
    resolution: str
    """Of the sharpest file that can be played, `""` when there is none."""


def movie_cards(*, user: User, movies: Sequence[Movie]) -> list[MovieCard]:
    """Two queries, however many films."""
    states = watch_states_of(user=user, movies=list(movies))
    playable = (
        MovieFile.objects.visible_to(user)
        .filter(
            movie__in=[movie.pk for movie in movies],
            media_file__state=FileState.AVAILABLE,
            media_file__root__is_available=True,
        )
        .values_list("movie_id", "media_file__width", "media_file__height")
    )
    sharpest: dict[uuid.UUID, tuple[int, int]] = {}
    for movie_id, width, height in playable:
        size = (width or 0, height or 0)
        sharpest[movie_id] = max(size, sharpest.get(movie_id, size))
    return [
        MovieCard(
            movie=movie,
            watch_state=states.get(movie.pk),
            is_available=movie.pk in sharpest,
            resolution=resolution_name(*sharpest.get(movie.pk, (0, 0))),
        )
        for movie in movies
    ]


def movie_extra_get(*, user: Viewer, extra_id: uuid.UUID) -> MovieExtra:
    """Raises NotFoundError also for an extra of a film that the user may not view."""
    extras = MovieExtra.objects.visible_to(user).filter(movie__in=Movie.objects.visible_to(user))
    extras = extras.select_related("movie", "media_file__root")
    return get_or_not_found(extras, "There is no such extra", pk=extra_id)
