"""Genres, people and collections: rows of their own that NFOs name."""

import uuid
from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.utils.text import slugify

from apps.core.db.upserts import insert
from apps.metadata.nfo import MovieNfo
from apps.movies.models import Collection, Credit, CreditType, Genre, Movie, Person

R = TypeVar("R", Genre, Person, Collection)
Line = tuple[str, CreditType, str, str, str]
"""Of the credits: name, type, character, job, department."""


class Names:
    """The rows behind the names that a batch's NFOs speak of, made where they are new."""

    def __init__(self, nfos: Iterable[MovieNfo]) -> None:
        nfos = list(nfos)
        genres = {_slug(name): name[:100] for nfo in nfos for name in nfo.genres}
        people = {name for nfo in nfos for name, *_ in lines(nfo)}
        sets = {nfo.collection.name[:255]: nfo.collection for nfo in nfos if nfo.collection}
        self.genres = _rows(
            Genre, "slug", {s: Genre(slug=s, name=n) for s, n in genres.items() if s}
        )
        self.people = _rows(Person, "name", {name: Person(name=name) for name in people})
        self.collections = _rows(
            Collection,
            "name",
            {n: Collection(name=n, overview=c.overview or "") for n, c in sets.items()},
        )


def lines(nfo: MovieNfo) -> list[Line]:
    """An NFO's credits in the order in which they are shown."""
    cast = [
        (actor.name[:255], CreditType.CAST, (actor.role or "")[:255], "", "")
        for actor in sorted(nfo.actors, key=lambda actor: actor.order)
    ]
    directors = [
        (name[:255], CreditType.CREW, "", "Director", "Directing") for name in nfo.directors
    ]
    writers = [(name[:255], CreditType.CREW, "", "Writer", "Writing") for name in nfo.writers]
    return [*cast, *directors, *writers]


def credits_store(wanted: Mapping[uuid.UUID, MovieNfo | None], names: Names) -> set[uuid.UUID]:
    """Give these films exactly these credits; answers the films whose credits that has changed."""
    if not wanted:
        return set()
    present: dict[uuid.UUID, list[Line]] = {}
    for row in Credit.objects.filter(movie__in=wanted).select_related("person").order_by("order"):
        line = (row.person.name, CreditType(row.credit_type), row.character, row.job)
        present.setdefault(row.movie_id, []).append((*line, row.department))
    stated = {pk: lines(nfo) if nfo else [] for pk, nfo in wanted.items()}
    changed = {pk: own for pk, own in stated.items() if own != present.get(pk, [])}
    Credit.objects.filter(movie__in=changed).delete()
    insert(
        Credit(
            movie_id=pk,
            person=names.people[name],
            credit_type=kind,
            character=character,
            job=job,
            department=department,
            order=order,
        )
        for pk, wholly in changed.items()
        for order, (name, kind, character, job, department) in enumerate(wholly)
    )
    return set(changed)


def genres_store(wanted: Mapping[uuid.UUID, MovieNfo | None], names: Names) -> set[uuid.UUID]:
    """Give these films exactly these genres; answers the films whose genres that has changed."""
    if not wanted:
        return set()
    through = Movie.genres.through.objects
    present = set(through.filter(movie__in=wanted).values_list("movie_id", "genre_id"))
    links = {
        (pk, names.genres[slug].pk)
        for pk, nfo in wanted.items()
        for slug in map(_slug, nfo.genres if nfo else ())
        if slug in names.genres
    }
    for movie_id, genre_id in present - links:
        through.filter(movie=movie_id, genre=genre_id).delete()
    insert(
        Movie.genres.through(movie_id=movie_id, genre_id=genre_id)
        for movie_id, genre_id in sorted(links - present)
    )
    return {movie_id for movie_id, _ in links ^ present}


def _rows(model: type[R], key: str, wanted: Mapping[str, R]) -> dict[str, R]:
    if not wanted:
        return {}
    present = model.objects.in_bulk(list(wanted), field_name=key)
    new = sorted(wanted.keys() - present.keys())
    if not new:
        return present
    insert((wanted[name] for name in new), ignore_conflicts=True)
    return model.objects.in_bulk(list(wanted), field_name=key)


def _slug(genre: str) -> str:
    return slugify(genre, allow_unicode=True)[:100]
