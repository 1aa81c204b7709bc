"""What is gone for long is forgotten; what people have seen and corrected is not."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.libraries import retention, services, tasks
from apps.libraries.models import Library, LibraryRoot, MediaFile
from apps.libraries.retention import Forgotten
from apps.movies import services as movies
from apps.movies.models import Movie, WatchState
from apps.search.models import IndexRequest
from apps.setup import preparing
from apps.siteconfig.declared import MISSING_FILES_DAYS
from apps.users.models import User
from tests.scans import add_film, scan

A, B = "A (2001)/A (2001).mkv", "B (2002)/B (2002).mkv"
KEPT = timedelta(days=30)


@pytest.fixture
def gone(films: Library, films_dir: Path) -> Library:
    """B is missing."""
    add_film(films_dir, A)
    add_film(films_dir, B, frames=6)
    scan(films)
    shutil.rmtree((films_dir / B).parent)
    scan(films)
    return films


def _later(days: int) -> None:
    """As if everything had happened so many days before."""
    earlier = timedelta(days=days)
    for file in MediaFile.objects.exclude(missing_since=None):
        assert file.missing_since is not None
        MediaFile.objects.filter(pk=file.pk).update(missing_since=file.missing_since - earlier)
    for root in LibraryRoot.objects.all():
        for name in ("removed_at", "unavailable_since"):
            if at := getattr(root, name):
                LibraryRoot.objects.filter(pk=root.pk).update(**{name: at - earlier})
    for library in Library.objects.exclude(deleted_at=None):
        assert library.deleted_at is not None
        Library.objects.filter(pk=library.pk).update(deleted_at=library.deleted_at - earlier)


def _titles() -> set[str]:
    return set(Movie.objects.values_list("title", flat=True))


def test_a_library_that_is_switched_off_forgets_nothing(gone: Library) -> None:
    """Nobody looks whether its files are back."""
    services.library_update(library=gone, changes={"enabled": False})
    _later(31)
    assert retention.purge(kept=KEPT) == Forgotten()
    services.library_update(library=gone, changes={"enabled": True})
    assert retention.purge(kept=KEPT) == Forgotten(files=1, works=1)


def test_a_file_is_forgotten_when_its_time_is_over(gone: Library) -> None:
    _later(29)
    assert retention.purge(kept=KEPT) == Forgotten()
    assert _titles() == {"A", "B"}
    movie = Movie.objects.get(title="B")
    IndexRequest.objects.all().delete()
    _later(2)
    assert retention.preview(kept=KEPT) == Forgotten(files=1, works=1)

    assert retention.purge(kept=KEPT) == Forgotten(files=1, works=1)

    assert _titles() == {"A"}
    assert [file.path for file in gone.files.all()] == [A]
    assert IndexRequest.objects.get().object_id == movie.pk
    entry = ActivityEntry.objects.get(action=Action.LIBRARY_FORGET)
    assert (entry.username, entry.metadata["files"]) == ("", 1)


def _watch(movie: Movie, user: User) -> None:
    movies.watch_progress_save(user=user, movie=movie, progress_seconds=30, duration_seconds=100)


def _correct(movie: Movie, _user: User) -> None:
    movies.movie_update(movie=movie, changes={"overview": "Mine"})


@pytest.mark.parametrize("touch", [_watch, _correct])
@pytest.mark.usefixtures("gone")
def test_what_somebody_has_seen_or_corrected_stays_without_files(
    films: Library, films_dir: Path, member: User, touch: Callable[[Movie, User], None]
) -> None:
    movie = Movie.objects.get(title="B")
    touch(movie, member)
    _later(31)

    assert retention.purge(kept=KEPT) == Forgotten(files=1)

    assert _titles() == {"A", "B"}
    add_film(films_dir, B, frames=6)
    scan(films)
    movie.refresh_from_db()
    assert movie.movie_files.get().media_file.path == B
    assert movie.library_ids == [films.pk]


def test_what_points_to_a_film_is_kept_unless_the_catalogue_made_it() -> None:
    """A new table that points to films is somebody's until `forgetting` says otherwise."""
    from apps.movies.catalogue.forgetting import _forgettable  # noqa: PLC0415

    assert WatchState._meta.db_table in str(_forgettable(()).query)


def test_a_film_with_another_file_stays(gone: Library, films_dir: Path) -> None:
    add_film(films_dir, "B (2002) again/B (2002).mkv", frames=9)
    scan(gone)
    _later(31)

    assert retention.purge(kept=KEPT) == Forgotten(files=1)

    assert Movie.objects.get(title="B").movie_files.count() == 1


def test_the_time_does_not_run_while_the_folder_is_away(
    gone: Library, films_dir: Path, tmp_path: Path
) -> None:
    _later(20)
    films_dir.rename(tmp_path / "away")
    scan(gone)
    _later(20)
    assert retention.purge(kept=KEPT) == Forgotten()

    (tmp_path / "away").rename(films_dir)
    scan(gone)

    assert retention.purge(kept=KEPT) == Forgotten()
    missing = MediaFile.objects.get(path=B)
    assert missing.missing_since is not None
    assert timedelta(days=19) < timezone.now() - missing.missing_since < timedelta(days=21)
    _later(11)
    assert retention.purge(kept=KEPT) == Forgotten(files=1, works=1)


def test_a_deleted_library_goes_for_good(gone: Library, member: User) -> None:
    _watch(Movie.objects.get(title="A"), member)
    services.library_delete(library=gone)
    _later(31)
    wanted = Forgotten(files=2, works=1, roots=1, libraries=1)
    assert retention.preview(kept=KEPT) == wanted

    assert retention.purge(kept=KEPT) == wanted

    assert not Library.objects.exists()
    assert _titles() == {"A"}
    assert WatchState.objects.count() == 1


def test_a_removed_folder_goes_for_good(gone: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    services.library_set_roots(library=gone, roots=[str(tmp_path / "other")])
    _later(31)

    assert retention.purge(kept=KEPT) == Forgotten(files=2, works=2, roots=1)

    assert [root.path for root in gone.roots.all()] == [str(tmp_path / "other")]


def test_by_hand_only_what_is_missing_is_forgotten(gone: Library, admin: User) -> None:
    ids = list(gone.files.values_list("pk", flat=True))
    assert retention.works_going(file_ids=ids) == ["B (2002)"]

    done = retention.files_forget(file_ids=ids, actor=admin)

    assert done == Forgotten(files=1, works=1)
    assert _titles() == {"A"}
    entry = ActivityEntry.objects.get(action=Action.LIBRARY_FORGET)
    assert entry.user_id == admin.pk


def test_the_job_and_the_command_go_by_the_setting(gone: Library) -> None:
    assert MISSING_FILES_DAYS.minimum == 1
    assert any(s.task == tasks.missing_files_purge.name for s in preparing.SCHEDULES.values())
    _later(31)
    out = StringIO()
    call_command("missing_files_purge", "--dry-run", stdout=out)
    assert out.getvalue() == "would be forgotten: files 1, films 1, folders 0, libraries 0\n"
    assert gone.files.count() == 2

    tasks.missing_files_purge()

    assert gone.files.count() == 1
    out = StringIO()
    call_command("missing_files_purge", stdout=out)
    assert out.getvalue() == "forgotten: files 0, films 0, folders 0, libraries 0\n"
