"""Films that have no files any more. One that somebody has seen or corrected stays."""

import uuid
from collections.abc import Collection

from django.db.models import (
    BooleanField,
    Exists,
    ForeignObjectRel,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)

from apps.movies import publishing
from apps.movies.models import Credit, Movie, MovieExtra, MovieFile

# What the catalogue itself hangs on films; all else that points to one is somebody's.
_OWN = (MovieFile, MovieExtra, Credit, Movie.genres.through)


def films_of(file_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    with_file = Q(movie_files__media_file__in=file_ids) | Q(extras__media_file__in=file_ids)
    return set(Movie.objects.filter(with_file).values_list("pk", flat=True))


def films_going(file_ids: Collection[uuid.UUID]) -> QuerySet[Movie]:
    """The films that would go with these files."""
    return _forgettable(file_ids).filter(pk__in=films_of(file_ids))


def films_forget(film_ids: Collection[uuid.UUID] | None) -> int:
    """Delete those of the films, or of all, that have no file and nothing of anybody's. Answers
    how many. Inside a transaction, under the catalogue's lock."""
    films = _forgettable(())
    if film_ids is not None:
        films = films.filter(pk__in=film_ids)
    ids = list(films.values_list("pk", flat=True))
    Movie.objects.filter(pk__in=ids).delete()
    publishing.movies_changed(ids)
    return len(ids)


def _forgettable(without: Collection[uuid.UUID]) -> QuerySet[Movie]:
    """Films with no files but these, and nothing of anybody's."""
    films = Movie.objects.exclude(_is_corrected())
    for model in (MovieFile, MovieExtra):
        others = model.objects.filter(movie=OuterRef("pk")).exclude(media_file__in=without)
        films = films.exclude(Exists(others))
    for relation in Movie._meta.get_fields(include_hidden=True):  # noqa: SLF001  (public)
        if isinstance(relation, ForeignObjectRel) and relation.related_model not in _OWN:
            rows = relation.related_model._default_manager  # noqa: SLF001  (public)
            films = films.exclude(Exists(rows.filter(**{relation.field.name: OuterRef("pk")})))
    return films


def _is_corrected() -> Func:
    """Whether one of the values is from a person."""
    path = Value('$.* ? (@ == "user")')
    return Func(
        "sources",
        path,
        template="jsonb_path_exists(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )
