"""Search collections of one test alone."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import timezone

from apps.libraries.models import Library
from apps.movies.models import Credit, CreditType, Genre, Movie, Person
from apps.movies.services import movie_derive
from apps.search import client, registry


@contextmanager
def removed_afterwards() -> Iterator[None]:
    """Everything under the present key prefix goes from the engine at the end."""
    try:
        yield
    finally:
        engine = client.client(timeout_seconds=10)
        for alias in engine.aliases.retrieve()["aliases"]:
            if alias["name"].startswith(settings.KEY_PREFIX):
                engine.aliases[alias["name"]].delete()
        for collection in engine.collections.retrieve():
            if collection["name"].startswith(settings.KEY_PREFIX):
                engine.collections[collection["name"]].delete()


def new_prefix() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def add_movie(
    library: Library, title: str, *, cast: str = "", director: str = "", **columns: object
) -> Movie:
    """A film of the library as a scan would have stored it; not in the index."""
    movie = Movie(title=title, sort_title=title.lower(), library_ids=[library.pk], **columns)
    movie.library_added_at = timezone.now()
    movie_derive(movie)
    movie.save()
    for name, kind, job in ((cast, CreditType.CAST, ""), (director, CreditType.CREW, "Director")):
        if name:
            person, _ = Person.objects.get_or_create(name=name)
            Credit.objects.create(movie=movie, person=person, credit_type=kind, job=job)
    movie.genres.add(Genre.objects.get_or_create(slug="drama", name="Drama")[0])
    return movie


def indexed_titles() -> dict[str, str]:
    """What the current schema's collection of films holds, by id."""
    collection = registry.get("movies")
    documents = client.client(timeout_seconds=10).collections[client.versioned_name(collection)]
    found = documents.documents.search({"q": "*", "query_by": "title", "per_page": 250})
    return {hit["document"]["id"]: hit["document"]["title"] for hit in found["hits"]}


def alias_target() -> str | None:
    """The collection that searches for films go to."""
    aliases = client.client(timeout_seconds=10).aliases.retrieve()["aliases"]
    targets = {alias["name"]: alias["collection_name"] for alias in aliases}
    return targets.get(client.alias_name(registry.get("movies")))
