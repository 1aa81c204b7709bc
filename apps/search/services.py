"""Keeping the index equal to the database, and asking it."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet
from typesense.exceptions import ObjectAlreadyExists, ObjectNotFound

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.jobs import outbox as jobs
from apps.core.jobs import tracking
from apps.core.metrics import SEARCH_REQUESTS, SEARCH_SECONDS
from apps.search import client, outbox, registry, tasks
from apps.search.errors import SearchUnavailableError
from apps.search.models import IndexRequest
from apps.search.registry import Document, SearchCollection

if TYPE_CHECKING:
    from apps.users.models import User

logger = logging.getLogger(__name__)

BATCH = 250
WRITE_TIMEOUT = 30.0
_LOCK = 0x73796E63  # "sync": the first key of the advisory locks below


def ensure() -> None:
    """Make every collection whose schema has no index yet, and schedule all its documents.

    Searches are answered by the index before, or by none, until the new one is filled. Raises
    SearchUnavailableError.
    """
    for collection in registry.all_collections():
        with _engine_errors():
            _collection_ensure(collection)
            _alias_settle(collection)


def sync() -> int:
    """Work off the outbox; answers the number of requests done.

    Raises SearchUnavailableError when the engine is away; what was not confirmed stays.
    """
    return sum(_sync(collection) for collection in registry.all_collections())


@transaction()
def reindex_request(*, requested_by: "User") -> uuid.UUID:
    """Have the whole index written anew; answers the job's id, of one under way too."""
    shown = jobs.Tracked(tasks.REINDEX_JOB, started_by=requested_by.pk)
    job_id = jobs.enqueue(tasks.reindex, key=tasks.REINDEX_JOB, tracked=shown)
    activity.record(
        Action.SEARCH_REINDEX, actor=requested_by, resource_type="job", resource_id=job_id
    )
    return job_id


def reindex() -> None:
    """Write every document anew, and remove those whose objects are gone.

    Raises SearchUnavailableError.
    """
    ensure()
    for collection in registry.all_collections():
        with _engine_errors():
            ids = {*collection.all_ids(), *_indexed_ids(collection)}
        outbox.note(collection.name, ids)
    total, done = IndexRequest.objects.count(), 0

    def report(number: int) -> None:
        nonlocal done
        done += number
        tracking.report(done=done, total=max(total, done))

    for collection in registry.all_collections():
        _sync(collection, report)


def search(
    collection: SearchCollection, parameters: dict[str, Any], *, limit: int, offset: int = 0
) -> tuple[list[Document], int]:
    """A stretch of the found documents, best first, and how many there are in all.

    Raises SearchUnavailableError.
    """
    # The engine knows whole pages only: a stretch that begins within one needs the next one too.
    page, before = divmod(offset, limit)
    request = {"collection": client.alias_name(collection), "per_page": limit, **parameters}
    searches = [{**request, "page": page + 1 + n} for n in range(2 if before else 1)]
    with _engine_errors(), SEARCH_SECONDS.labels(collection.name).time():
        # Not the plain search: its query string is limited to 4,000 bytes.
        answers = client.client().multi_search.perform({"searches": searches}, {})  # type: ignore[typeddict-item]
    found: list[dict[str, Any]] = [dict(answer) for answer in answers["results"]]
    if error := next((answer["error"] for answer in found if "error" in answer), None):
        raise SearchUnavailableError(str(error))
    SEARCH_REQUESTS.labels(collection.name, "engine").inc()
    documents = [hit["document"] for answer in found for hit in answer["hits"]]
    return documents[before : before + limit], int(found[0]["found"])


def _sync(
    collection: SearchCollection, report: Callable[[int], None] = lambda _number: None
) -> int:
    done = 0
    # Only one process writes, so that an older document never overwrites a newer one. Whoever
    # finds the lock taken leaves: its holder looks again after it has let go.
    while _requests(collection).exists():
        with _alone(collection) as is_alone:
            if not is_alone:
                break
            with _engine_errors():
                while count := _sync_batch(collection):
                    done += count
                    report(count)
                _alias_settle(collection)
    return done


def _requests(collection: SearchCollection) -> QuerySet[IndexRequest]:
    return IndexRequest.objects.filter(collection=collection.name)


def _sync_batch(collection: SearchCollection) -> int:
    # A request is seen when its change is committed: the documents are read after it. A change
    # from now on brings a request of its own, which is not among those deleted.
    requests = dict(_requests(collection).order_by("id").values_list("pk", "object_id")[:BATCH])
    if requests:
        wanted = set(requests.values())
        documents = collection.documents(wanted)
        gone = wanted - {uuid.UUID(document["id"]) for document in documents}
        _write(collection, documents, gone)
        IndexRequest.objects.filter(pk__in=requests).delete()
    return len(requests)


def _write(
    collection: SearchCollection, documents: list[Document], gone: Collection[uuid.UUID]
) -> None:
    engine = client.client(timeout_seconds=WRITE_TIMEOUT)
    target = engine.collections[client.versioned_name(collection)].documents
    if documents:
        # The client's types know no documents that are not declared as a TypedDict.
        results: list[dict[str, Any]] = target.import_(documents, {"action": "upsert"})  # type: ignore[call-overload]
        for result in results:
            if not result.get("success"):
                logger.error("the index refused a document: %s", result.get("error"))
    if gone:
        identifiers = ",".join(str(pk) for pk in gone)
        target.delete({"filter_by": f"id:[{identifiers}]"})


def _collection_ensure(collection: SearchCollection) -> None:
    engine = client.client(timeout_seconds=WRITE_TIMEOUT)
    alias, name = client.alias_name(collection), client.versioned_name(collection)
    try:
        engine.collections[name].retrieve()
    except ObjectNotFound:
        logger.info("the index %s is new: scheduling all its documents", collection.name)
    else:
        return
    # Scheduled first: whoever stops between the two leaves more requests than needed, not fewer.
    documents = collection.all_ids()
    while batch := list(islice(documents, 1000)):
        outbox.note(collection.name, batch)
    if _alias_target(collection) == name:  # the index was dropped, and its alias was not
        engine.aliases[alias].delete()
    try:
        engine.collections.create({"name": name, "fields": list(collection.fields)})  # type: ignore[arg-type]
    except ObjectAlreadyExists:
        return  # another process was quicker


def _indexed_ids(collection: SearchCollection) -> Iterator[uuid.UUID]:
    engine = client.client(timeout_seconds=WRITE_TIMEOUT)
    stored = engine.collections[client.versioned_name(collection)].documents
    for line in stored.export({"include_fields": "id"}).splitlines():
        yield uuid.UUID(json.loads(line)["id"])


def _alias_settle(collection: SearchCollection) -> None:
    """Point searches at the current schema's index once it is filled, and drop all others."""
    alias, name = client.alias_name(collection), client.versioned_name(collection)
    if _alias_target(collection) == name or _requests(collection).exists():
        return
    engine = client.client(timeout_seconds=WRITE_TIMEOUT)
    engine.aliases.upsert(alias, {"collection_name": name})
    of_another_schema = re.compile(rf"{re.escape(alias)}-(?!{name[-12:]})[0-9a-f]{{12}}")
    for other in engine.collections.retrieve():
        if of_another_schema.fullmatch(other["name"]):
            engine.collections[other["name"]].delete()


def _alias_target(collection: SearchCollection) -> str | None:
    engine = client.client(timeout_seconds=WRITE_TIMEOUT)
    try:
        return engine.aliases[client.alias_name(collection)].retrieve()["collection_name"]
    except ObjectNotFound:
        return None


@contextmanager
def _alone(collection: SearchCollection) -> Iterator[bool]:
    """Whether this process is the only one to write the collection until the block ends.

    The lock is the connection's and not a transaction's: none is open while the engine works.
    """
    keys = (_LOCK, collection.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", keys)
        (is_alone,) = cursor.fetchone() or (False,)
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", keys)


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except client.ENGINE_ERRORS as error:
        raise SearchUnavailableError(str(error)) from error
