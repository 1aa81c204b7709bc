"""Rows that are new, rows that are there, and two writers of the same ones."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps
from django.utils import timezone

from apps.core.db.upserts import insert, upsert
from apps.core.ids import new_id
from apps.libraries.models import Library, LibraryRoot, MediaFile, MediaFolder
from apps.movies.models import Genre
from apps.search.models import IndexRequest


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


def test_values_of_every_kind_are_stored_as_they_are(root: LibraryRoot) -> None:
    folder = MediaFolder.objects.create(root=root, path="")
    file = MediaFile(
        library=root.library,
        root=root,
        folder=folder,
        path='It\'s "a" 50 %s \\ ü 🎬.mkv',
        size=2**62,
        mtime_ns=-5,
        inode=Decimal(2**64 - 1),
        probed_at=timezone.now(),
        probe={"title": None, "duration": 0.1, "tracks": [{"language": "de"}], "ü": "\u2028"},
        segments=['a,"b"', "{c}", ""],
        frame_rate=23.976023976023978,
    )
    upsert([file], key=["id"], columns=["path"])
    stored = MediaFile.objects.get()
    names = [field.attname for field in MediaFile._meta.concrete_fields]
    assert {name: getattr(stored, name) for name in names} == {
        name: getattr(file, name) for name in names
    }
    assert (stored.name, stored.width) == (None, None)
    assert not file._state.adding


def test_times_that_are_set_by_themselves(root: LibraryRoot) -> None:
    row = MediaFolder.objects.create(root=root, path="a")
    made, changed = row.created_at, row.updated_at
    upsert([row], key=["id"], columns=["updated_at"])
    row.refresh_from_db()
    assert row.created_at == made
    assert row.updated_at > changed


def test_new_rows_leave_those_that_are_there(db: None) -> None:  # noqa: ARG001
    insert([Genre(slug="drama", name="Drama")])
    insert(
        [Genre(slug="drama", name="Other"), Genre(slug="war", name="War")], ignore_conflicts=True
    )
    assert dict(Genre.objects.values_list("slug", "name")) == {"drama": "Drama", "war": "War"}
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([Genre(slug="war", name="War again")])


def test_ids_that_the_database_gives(db: None) -> None:  # noqa: ARG001
    wanted = [new_id() for _ in range(2001)]
    insert(IndexRequest(collection="movies", object_id=pk) for pk in wanted)
    insert(IndexRequest(collection="movies", object_id=pk) for pk in ())
    stored = IndexRequest.objects.order_by("id").values_list("object_id", flat=True)
    assert list(stored) == wanted


@pytest.mark.parametrize("path", ["x" * 5000, "nul \0", "half \ud800"])
def test_what_does_not_fit_is_refused(root: LibraryRoot, path: str) -> None:
    with pytest.raises(DataError), transaction.atomic():
        insert([MediaFolder(root=root, path=path)])


def test_what_is_no_number_is_refused_as_the_database_does(root: LibraryRoot) -> None:
    folder = MediaFolder.objects.create(root=root, path="")
    file = MediaFile(
        library=root.library, root=root, folder=folder, path="a", size=1, mtime_ns=1, inode=1,
        probe={"duration": float("nan")},
    )  # fmt: skip
    with pytest.raises(DataError, match="not JSON compliant"):
        insert([file])


@isolate_apps("apps.core")
def test_a_field_that_prepares_its_own_values_is_refused() -> None:
    class Sealed(models.TextField):  # type: ignore[type-arg]
        pass

    class Note(models.Model):  # noqa: DJ008  (nobody looks at it)
        text = Sealed()

        class Meta:
            app_label = "core"

    with pytest.raises(TypeError, match="not written in bulk"):
        insert([Note(text="")])


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
