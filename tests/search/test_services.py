import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from apps.core.models import Job, JobMessage, JobState
from apps.libraries.models import Library
from apps.movies import services as movies
from apps.movies.index import MOVIES
from apps.movies.models import Movie
from apps.search import client, outbox, registry, services, tasks
from apps.search.errors import SearchUnavailableError
from apps.search.models import IndexRequest
from apps.search.registry import Document, SearchCollection
from apps.users.models import User
from tests.search.indexes import add_movie, alias_target, indexed_titles

pytestmark = pytest.mark.usefixtures("fresh_index")


@contextmanager
def _registered(collection: SearchCollection) -> Iterator[None]:
    before = registry.get(collection.name)
    registry.register(collection)
    try:
        yield
    finally:
        registry.register(before)


def _count(query: str) -> int:
    """How many films a search finds."""
    return services.search(MOVIES, {"q": query, "query_by": "title"}, limit=10)[1]


def _in_thread(call: Callable[[], object]) -> Callable[[], object]:
    def closed() -> object:
        try:
            return call()
        finally:
            connection.close()

    return closed


def test_requests_are_written_with_the_change_and_go_when_they_are_done(films: Library) -> None:
    movie = add_movie(films, "Before")
    services.ensure()
    assert services.sync() == 1
    assert indexed_titles() == {str(movie.pk): "Before"}

    movies.movie_update(movie=movie, changes={"title": "After"})
    assert [request.object_id for request in IndexRequest.objects.all()] == [movie.pk]
    assert services.sync() == 1

    assert indexed_titles() == {str(movie.pk): "After"}
    assert not IndexRequest.objects.exists()
    assert services.sync() == 0


def test_a_change_that_is_rolled_back_leaves_no_request(films: Library) -> None:
    movie = add_movie(films, "Before")

    def change() -> None:
        with transaction.atomic():
            movies.movie_update(movie=movie, changes={"title": "After"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()

    assert not IndexRequest.objects.exists()


def test_the_worker_is_told_after_the_commit(
    films: Library, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    movie = add_movie(films, "Film")
    services.ensure()

    with django_capture_on_commit_callbacks() as callbacks:
        outbox.schedule_index("movies", [movie.pk, movie.pk])
        outbox.schedule_index("movies", [])

    assert IndexRequest.objects.filter(object_id=movie.pk).count() == 2  # `ensure` made one
    assert len(callbacks) == 1
    assert JobMessage.objects.get().task == tasks.sync.name
    tasks.sync()
    assert not IndexRequest.objects.exists()
    assert len(indexed_titles()) == 1


def test_a_film_that_is_gone_or_no_longer_shown_leaves_the_index(films: Library) -> None:
    hidden, deleted, kept = (add_movie(films, title) for title in ("Hidden", "Deleted", "Kept"))
    services.ensure()
    services.sync()
    Movie.objects.filter(pk=hidden.pk).update(library_ids=[])
    outbox.schedule_index("movies", [hidden.pk, deleted.pk, kept.pk, uuid.uuid4()])
    deleted.delete()

    services.sync()

    assert list(indexed_titles().values()) == ["Kept"]


def test_many_batches(films: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 7)
    for number in range(20):
        add_movie(films, f"Film {number}")
    services.ensure()

    assert services.sync() == 20
    assert len(indexed_titles()) == 20


def test_the_first_index_is_searched_when_it_is_filled(films: Library) -> None:
    add_movie(films, "Film")
    services.ensure()

    assert alias_target() is None
    with pytest.raises(SearchUnavailableError):
        _count("film")
    services.sync()

    assert alias_target() == client.versioned_name(MOVIES)
    assert _count("film") == 1


def test_an_index_of_nothing_is_filled_at_once() -> None:
    services.ensure()

    assert alias_target() == client.versioned_name(MOVIES)
    assert _count("film") == 0


def test_another_schema_is_another_index_which_takes_over_when_it_is_filled(
    films: Library,
) -> None:
    add_movie(films, "Film")
    services.ensure()
    services.sync()
    old = client.versioned_name(MOVIES)
    field = {"name": "original_language", "type": "string", "optional": True}
    with _registered(replace(MOVIES, fields=(*MOVIES.fields, field))):
        services.ensure()
        services.ensure()
        assert (alias_target(), IndexRequest.objects.count()) == (old, 1)
        assert _count("film") == 1

        services.sync()

        assert alias_target() == client.versioned_name(registry.get("movies")) != old
        assert len(indexed_titles()) == 1
    left = [collection["name"] for collection in client.client().collections.retrieve()]
    assert old not in left


def test_a_dropped_index_is_made_anew_and_not_searched_half_filled(films: Library) -> None:
    add_movie(films, "Film")
    services.ensure()
    services.sync()
    client.client().collections[client.versioned_name(MOVIES)].delete()
    with pytest.raises(SearchUnavailableError):
        _count("film")

    services.ensure()
    assert alias_target() is None
    services.sync()

    assert _count("film") == 1


@pytest.mark.parametrize(("limit", "offset"), [(2, 0), (2, 2), (3, 2), (5, 3), (4, 6), (5, 20)])
def test_any_stretch_of_the_results(films: Library, limit: int, offset: int) -> None:
    for number in range(8):
        add_movie(films, f"Film {number}")
    services.ensure()
    services.sync()
    parameters = {"q": "film", "query_by": "title", "sort_by": "sort_title:asc"}

    found, total = services.search(MOVIES, parameters, limit=limit, offset=offset)

    titles = [f"Film {number}" for number in range(8)]
    assert [document["title"] for document in found] == titles[offset : offset + limit]
    assert total == 8


def test_a_document_that_the_index_refuses_does_not_hold_up_the_others(
    films: Library, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = add_movie(films, "Bad"), add_movie(films, "Good")

    def documents(ids: Collection[uuid.UUID]) -> list[Document]:
        return [
            {**document, "year": "soon"} if document["title"] == "Bad" else document
            for document in MOVIES.documents(ids)
        ]

    with _registered(replace(MOVIES, documents=documents)):
        services.ensure()
        assert services.sync() == 2

    assert list(indexed_titles()) == [str(good.pk)]
    assert any("refused a document" in message for message in caplog.messages)
    assert bad.pk


def test_without_an_engine_a_document_is_noted_once_and_filled_in_later(
    films: Library, settings: LazySettings
) -> None:
    movie = add_movie(films, "Before")
    services.ensure()
    services.sync()
    address, settings.TYPESENSE_URL = settings.TYPESENSE_URL, ""
    for title in ("One", "Two", "Three"):
        movies.movie_update(movie=movie, changes={"title": title})
    assert IndexRequest.objects.count() == 1
    with pytest.raises(SearchUnavailableError, match="No search engine"):
        services.ensure()
    tasks.sync()
    settings.TYPESENSE_URL = address

    tasks.sync()

    assert list(indexed_titles().values()) == ["Three"]


def test_an_engine_that_is_away_leaves_the_requests(films: Library, settings: LazySettings) -> None:
    outbox.schedule_index("movies", [add_movie(films, "Film").pk])
    address, settings.TYPESENSE_URL = settings.TYPESENSE_URL, "http://127.0.0.1:1"

    for call in (services.sync, services.ensure, tasks.sync):
        with pytest.raises(SearchUnavailableError):
            call()

    assert IndexRequest.objects.count() == 1
    settings.TYPESENSE_URL = address


def test_an_index_made_anew_has_what_the_database_has(films: Library) -> None:
    kept, gone, missing = (add_movie(films, title) for title in ("Kept", "Gone", "Missing"))
    services.ensure()
    services.sync()
    Movie.objects.filter(pk=kept.pk).update(title="Kept and renamed")
    Movie.objects.filter(pk=gone.pk).delete()
    name = client.versioned_name(MOVIES)
    client.client().collections[name].documents[str(missing.pk)].delete()

    services.reindex()

    assert set(indexed_titles().values()) == {"Kept and renamed", "Missing"}


def test_an_administrator_has_the_index_made_anew(
    api: Callable[[User | None], APIClient], admin: User, member: User
) -> None:
    address = "/api/v1/search/reindex"
    assert [api(user).post(address).status_code for user in (None, member)] == [401, 403]

    first, second = (api(admin).post(address) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["message"]
    job = Job.objects.get()
    assert first.json()["job_id"] == second.json()["job_id"] == str(job.pk)
    assert (job.kind, job.started_by, job.state) == ("search.reindex", admin, JobState.QUEUED)


@pytest.mark.django_db(transaction=True)
def test_a_change_during_a_sync_is_indexed_by_it(films: Library) -> None:
    """It comes after the document was read, and before the document was written."""
    movie = add_movie(films, "Before")
    changes = iter([lambda: movies.movie_update(movie=movie, changes={"title": "After"})])

    def documents(ids: Collection[uuid.UUID]) -> list[Document]:
        read = MOVIES.documents(ids)
        for change in changes:
            with ThreadPoolExecutor(1) as other:
                other.submit(_in_thread(change)).result()
            break
        return read

    with _registered(replace(MOVIES, documents=documents)):
        services.ensure()
        assert services.sync() == 2

    assert indexed_titles() == {str(movie.pk): "After"}
    assert not IndexRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_syncs_do_not_write_an_older_document_over_a_newer(films: Library) -> None:
    movie = add_movie(films, "Before")
    has_read, may_write = threading.Event(), threading.Event()

    def documents(ids: Collection[uuid.UUID]) -> list[Document]:
        read = MOVIES.documents(ids)
        if not has_read.is_set():
            has_read.set()
            assert may_write.wait(timeout=60)
        return read

    services.ensure()
    with _registered(replace(MOVIES, documents=documents)), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(_in_thread(services.sync))
        assert has_read.wait(timeout=60)
        movies.movie_update(movie=movie, changes={"title": "After"})
        assert services.sync() == 0
        may_write.set()
        assert slow.result(timeout=60) == 2

    assert indexed_titles() == {str(movie.pk): "After"}
    assert not IndexRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_processes_ensure_at_once(films: Library) -> None:
    for number in range(5):
        add_movie(films, f"Film {number}")
    barrier = threading.Barrier(4)

    def ensure() -> None:
        barrier.wait(timeout=60)
        services.ensure()
        services.sync()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(_in_thread(ensure)) for _ in range(4)]:
            future.result(timeout=120)

    assert len(indexed_titles()) == 5
    assert alias_target() == client.versioned_name(MOVIES)
    assert not IndexRequest.objects.exists()
