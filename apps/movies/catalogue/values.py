"""The fields of a film, each with the source of its value."""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from apps.movies.models import Movie

_RANKS = {"file": 0, "nfo": 1, "user": 2}
LINKED = ("people", "genres")
"""What has a source and is not a column."""


def stated(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, without what is empty or cannot be stored; texts are cut to their column."""
    fitting = {name: _fitting(name, value) for name, value in found.items()}
    return {name: value for name, value in fitting.items() if value not in (None, "", [])}


def merge(movie: Movie, found: Mapping[str, Any], source: str) -> None:
    """Set the fields whose present value is from a source of no higher rank."""
    for name, value in found.items():
        if _RANKS[movie.sources.get(name, "file")] <= _RANKS[source]:
            setattr(movie, name, value)
            movie.sources = {**movie.sources, name: source}


def withdraw(movie: Movie, source: str, *, keep: Collection[str]) -> None:
    """Empty the fields that a source has filled and no longer does."""
    for name in [name for name, by in movie.sources.items() if by == source and name not in keep]:
        movie.sources = {key: by for key, by in movie.sources.items() if key != name}
        if name not in LINKED:
            setattr(movie, name, _field(name).get_default())


def _fitting(name: str, value: Any) -> Any:  # noqa: ANN401  (a field's value)
    field = _field(name)
    if value is None:
        return None
    if isinstance(field, ArrayField):
        return [item[: field.base_field.max_length] for item in value]
    if isinstance(field, models.CharField):
        return value[: field.max_length]
    if isinstance(field, models.IntegerField):
        low, high = connection.ops.integer_field_range(field.get_internal_type())
        return value if low <= value <= high else None
    return value


def _field(name: str) -> "models.Field[Any, Any]":
    field = Movie._meta.get_field(name)  # noqa: SLF001  (Django's public name for it)
    assert isinstance(field, models.Field)  # noqa: S101
    return field
