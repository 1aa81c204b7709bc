"""Rows that are new, rows that are there, and two writers of the same ones."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.core.db.upserts import upsert
from apps.libraries.models import Library, LibraryRoot, MediaFolder


def _store(root: LibraryRoot, signatures: dict[str, str]) -> None:
    rows = [
        MediaFolder(root=root, path=path, mtime_ns=1, signature=signature)
        for path, signature in signatures.items()
    ]
    upsert(rows, key=["root_id", "path"], columns=["signature"])


@pytest.fixture
def root(db: None) -> LibraryRoot:  # noqa: ARG001
    library = Library.objects.create(name="A")
    return LibraryRoot.objects.create(library=library, path="/films")


def test_what_is_there_changes_and_what_is_not_is_made(root: LibraryRoot) -> None:
    _store(root, {"a": "1", "b": "1"})
    before = dict(MediaFolder.objects.values_list("path", "pk"))
    _store(root, {"b": "2", "c": "2"})
    after = dict(MediaFolder.objects.values_list("path", "signature"))
    assert after == {"a": "1", "b": "2", "c": "2"}
    assert before.items() <= dict(MediaFolder.objects.values_list("path", "pk")).items()


def test_of_rows_with_one_key_the_last_wins(root: LibraryRoot) -> None:
    rows = [MediaFolder(root=root, path="a", mtime_ns=1, signature=str(n)) for n in range(3)]
    upsert(rows, key=["root_id", "path"], columns=["signature"])
    assert MediaFolder.objects.get().signature == "2"
    upsert([], key=["root_id", "path"], columns=["signature"])
    assert MediaFolder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_rows_do_not_lock_each_other_out() -> None:
    library = Library.objects.create(name="A")
    root = LibraryRoot.objects.create(library=library, path="/films")
    names = [f"folder {number}" for number in range(300)]
    _store(root, dict.fromkeys(names, ""))
    barrier = threading.Barrier(2)

    def write(writer: str) -> None:
        try:
            for _ in range(10):
                barrier.wait(timeout=30)
                shuffled = random.sample(names, len(names))
                with transaction.atomic():
                    _store(root, dict.fromkeys(shuffled, writer))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "AB"))
    signatures = set(MediaFolder.objects.values_list("signature", flat=True))
    assert len(signatures) == 1
