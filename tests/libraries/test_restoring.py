"""Libraries and folders that were removed, and come back as they were."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.errors import ConflictError, NotFoundError
from apps.libraries import figures, invited, scanning, selectors, services
from apps.libraries.access import access_of
from apps.libraries.models import Library, LibraryRoot, MediaFile, ScanStatus, ScanType
from apps.libraries.roots import RootRemovedError, root_hold
from apps.libraries.scan import pipeline
from apps.movies import selectors as movies
from apps.movies import services as watching
from apps.movies.models import Movie
from apps.users.models import User
from tests.races import at_once, until_blocked
from tests.scans import add_film, scan, states

A, B = "A (2001)/A (2001).mkv", "B (2002)/B (2002).mkv"


@pytest.fixture
def scanned(films: Library, films_dir: Path) -> Library:
    add_film(films_dir, A)
    add_film(films_dir, B)
    scan(films)
    return films


def _listed(user: User) -> list[str]:
    return sorted(movie.title for movie in movies.movie_list(user=user))


def _run_waiting(library: Library) -> None:
    """Run the scan that was queued."""
    pipeline.scan_run(scan_id=library.scans.get(status=ScanStatus.PENDING).pk)


def test_a_deleted_library_is_seen_by_nobody(scanned: Library, member: User, admin: User) -> None:
    services.library_delete(library=scanned, actor=admin)

    for user in (member, admin):
        assert _listed(user) == []
        assert selectors.library_list(user=user) == []
        assert not access_of(user)
        with pytest.raises(NotFoundError):
            selectors.library_get(user=user, library_id=scanned.pk)
    assert invited.names() == {}
    assert set(states(scanned).values()) == {"missing"}
    with pytest.raises(ConflictError, match="deleted"):
        scanning.scan_start(library=scanned, scan_type=ScanType.FULL)
    roots = next(metric for metric in figures.figures() if metric.name == "revenge_library_roots")
    assert sum(sample.value for sample in roots.samples) == 0


def test_a_deleted_library_comes_back_as_it_was(
    scanned: Library, member: User, admin: User
) -> None:
    rows = set(MediaFile.objects.values_list("pk", "probed_at"))
    movie = Movie.objects.get(title="A")
    state = watching.watch_progress_save(
        user=member, movie=movie, progress_seconds=30, duration_seconds=100
    )
    services.library_delete(library=scanned)

    services.library_restore(library=scanned, actor=admin)
    _run_waiting(scanned)

    assert _listed(member) == ["A", "B"]
    assert set(MediaFile.objects.values_list("pk", "probed_at")) == rows
    assert movies.watch_state(user=member, movie=movie) == state
    entry = ActivityEntry.objects.get(action=Action.LIBRARY_RESTORE)
    assert entry.user_id == admin.pk
    with pytest.raises(ConflictError, match="was not deleted"):
        services.library_restore(library=scanned)


def test_a_library_does_not_come_back_to_a_name_that_is_taken(
    scanned: Library, tmp_path: Path
) -> None:
    services.library_delete(library=scanned)
    (tmp_path / "other").mkdir()
    services.library_create(name=scanned.name, roots=[str(tmp_path / "other")])

    with pytest.raises(ConflictError, match="Another library is called Films"):
        services.library_restore(library=scanned)

    scanned.refresh_from_db()
    assert scanned.deleted_at is not None
    assert not scanned.roots.in_use().exists()


def test_a_library_does_not_come_back_to_a_folder_that_is_taken(
    scanned: Library, films_dir: Path
) -> None:
    services.library_delete(library=scanned)
    services.library_create(name="Heirs", roots=[str(films_dir / "A (2001)")])

    with pytest.raises(ConflictError, match=r"A \(2001\) of the library Heirs"):
        services.library_restore(library=scanned)

    assert Library.objects.in_use().get().name == "Heirs"


def test_a_folder_that_was_taken_out_before_stays_out(
    scanned: Library, films_dir: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    services.library_set_roots(library=scanned, roots=[str(films_dir), str(second)])
    services.library_set_roots(library=scanned, roots=[str(films_dir)])
    services.library_delete(library=scanned)

    services.library_restore(library=scanned)

    assert [root.path for root in scanned.roots.in_use()] == [str(films_dir)]


def test_a_folder_that_is_named_again_has_its_files_again(
    scanned: Library, films_dir: Path, tmp_path: Path, member: User
) -> None:
    rows = set(MediaFile.objects.values_list("pk", "probed_at"))
    (tmp_path / "other").mkdir()
    services.library_set_roots(library=scanned, roots=[str(tmp_path / "other")])
    assert _listed(member) == []
    assert set(states(scanned).values()) == {"missing"}

    services.library_set_roots(library=scanned, roots=[str(films_dir)])
    scan(scanned)

    assert _listed(member) == ["A", "B"]
    assert set(MediaFile.objects.values_list("pk", "probed_at")) == rows
    assert LibraryRoot.objects.count() == 2


def test_a_library_is_deleted_once(scanned: Library, films_dir: Path) -> None:
    """Who asked at the same moment must not part the library from its folders."""
    also = Library.objects.get(pk=scanned.pk)
    services.library_delete(library=scanned)

    with pytest.raises(ConflictError, match="was deleted"):
        services.library_delete(library=also)
    with pytest.raises(ConflictError, match="was deleted"):
        services.library_set_roots(library=also, roots=[str(films_dir)])

    services.library_restore(library=scanned)
    assert [root.path for root in scanned.roots.in_use()] == [str(films_dir)]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_delete_a_library_one_does(films: Library, films_dir: Path) -> None:
    both = [Library.objects.get(pk=films.pk) for _each in range(2)]
    answers = at_once(*(partial(services.library_delete, library=each) for each in both))

    assert sorted(type(answer).__name__ for answer in answers) == ["ConflictError", "NoneType"]
    films = services.library_restore(library=both[0])
    assert [root.path for root in films.roots.in_use()] == [str(films_dir)]


@pytest.mark.django_db(transaction=True)
def test_who_removes_a_root_waits_for_the_batch_that_is_stored(films: Library) -> None:
    root = films.roots.get()

    def delete() -> None:
        try:
            services.library_delete(library=films)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            root_hold(root)
            deleting = pool.submit(delete)
            until_blocked()
        deleting.result(timeout=60)

    with pytest.raises(RootRemovedError), transaction.atomic():
        root_hold(root)
