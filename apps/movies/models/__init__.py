from apps.movies.models.files import MovieExtra, MovieFile
from apps.movies.models.movies import Collection, Genre, Movie
from apps.movies.models.people import Credit, CreditType, Person
from apps.movies.models.watching import WatchState

__all__ = [
    "Collection",
    "Credit",
    "CreditType",
    "Genre",
    "Movie",
    "MovieExtra",
    "MovieFile",
    "Person",
    "WatchState",
]
