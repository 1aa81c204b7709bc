from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from apps.core.events.publishing import STREAM
from apps.core.jobs import tracking
from apps.core.jobs.telling import JobEvent
from apps.core.models import Job, JobMessage, JobState
from apps.core.valkey.clients import client
from apps.libraries import scanning, selectors, services, tasks
from apps.libraries.events import ScanEvent
from apps.libraries.models import Library, LibraryGrant, LibraryScan, ScanStatus, ScanType
from apps.libraries.scan.progress import ScanCancelledError, ScanProgress
from apps.movies import selectors as movies
from apps.users.models import User
from tests.broker import broker_away
from tests.core.jobs.work import deliver
from tests.races import at_once, until_blocked
from tests.scans import add_film, scan


def _pending(library: Library) -> LibraryScan:
    return scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)


def _asked(library: Library, folder: Path) -> LibraryScan:
    return scanning.scan_request(library=library, paths=[str(folder / "A (2001)")])


def _told() -> set[str]:
    """The types of the last events."""
    return {fields[b"type"].decode() for _id, fields in client().xrevrange(STREAM, count=4)}


def test_a_library_has_a_name_and_folders(films_dir: Path, admin: User) -> None:
    assert admin.is_admin
    with pytest.raises(InvalidInputError) as nameless:
        services.library_create(name="  ", roots=[str(films_dir)])
    with pytest.raises(InvalidInputError) as rootless:
        services.library_create(name="Films", roots=[])

    assert "name" in nameless.value.details
    assert "paths" in rootless.value.details
    assert not Library.objects.exists()


def test_a_name_is_taken_once(films: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = services.library_create(name="Other", roots=[str(tmp_path / "other")])

    with pytest.raises(ConflictError, match="of this name"):
        services.library_create(name=" Films ", roots=[str(tmp_path / "other")])
    with pytest.raises(ConflictError, match="of this name"):
        services.library_update(library=other, changes={"name": "Films"})

    assert set(Library.objects.values_list("name", flat=True)) == {films.name, "Other"}
    renamed = services.library_update(library=other, changes={"name": "New", "enabled": False})
    renamed.refresh_from_db()
    assert (renamed.name, renamed.enabled) == ("New", False)


@pytest.mark.parametrize("place", [".", "below", ".."])
def test_folders_of_libraries_do_not_overlap(films: Library, films_dir: Path, place: str) -> None:
    folder = films_dir / place
    folder.mkdir(exist_ok=True)

    with pytest.raises(ConflictError, match="overlaps with"):
        services.library_create(name="Other", roots=[str(folder)])

    assert Library.objects.get() == films


@pytest.mark.django_db(transaction=True)
def test_of_two_that_take_a_folder_at_once_one_gets_it(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()

    def take(name: str, folder: Path) -> Library:
        return services.library_create(name=name, roots=[str(folder)])

    found = at_once(lambda: take("All", tmp_path), lambda: take("Some", tmp_path / "below"))

    assert sorted(type(each).__name__ for each in found) == ["ConflictError", "Library"]
    assert Library.objects.count() == 1


def test_folders_of_one_library_do_not_overlap(films: Library, films_dir: Path) -> None:
    (films_dir / "below").mkdir()

    with pytest.raises(ConflictError):
        services.library_set_roots(library=films, roots=[str(films_dir), str(films_dir / "below")])

    assert [root.path for root in films.roots.all()] == [str(films_dir)]


def test_a_root_that_is_dropped_takes_its_films_from_the_lists(
    films: Library, films_dir: Path, member: User, tmp_path: Path
) -> None:
    add_film(films_dir, "A (2001).mkv")
    scan(films)
    assert len(movies.movie_list(user=member)) == 1
    (tmp_path / "other").mkdir()

    services.library_set_roots(library=films, roots=[str(tmp_path / "other")])

    assert not movies.movie_list(user=member)
    assert [root.path for root in films.roots.in_use()] == [str(tmp_path / "other")]


def test_viewers_are_exactly_those_named(films: Library, member: User, outsider: User) -> None:
    services.library_set_viewers(library=films, users=[outsider])

    assert [grant.user for grant in selectors.grant_list(library=films)] == [outsider]
    assert selectors.library_list(user=member) == []
    assert selectors.library_list(user=outsider) == [films]
    services.library_set_viewers(library=films, users=[])
    assert not LibraryGrant.objects.exists()


def test_a_scan_is_sent_after_the_commit(
    films: Library, member: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        started = scanning.scan_start(library=films, scan_type=ScanType.FULL, requested_by=member)

    assert len(callbacks) == 2  # the job, and the word of it
    assert (started.status, started.requested_by) == (ScanStatus.PENDING, member)


def test_a_library_that_is_off_is_not_scanned(films: Library) -> None:
    services.library_update(library=films, changes={"enabled": False})

    with pytest.raises(ConflictError, match="switched off"):
        _pending(films)


def test_one_scan_at_a_time(films: Library) -> None:
    first = _pending(films)
    with pytest.raises(ConflictError, match="waiting or running"):
        _pending(films)
    assert scanning.scan_claim(scan_id=first.pk) is not None
    with pytest.raises(ConflictError, match="waiting or running"):
        _pending(films)

    scanning.scan_cancel(scan=first)

    assert _pending(films).status == ScanStatus.PENDING
    with pytest.raises(ConflictError, match="has ended already"):
        scanning.scan_cancel(scan=first)


@pytest.mark.django_db(transaction=True)
def test_a_scan_waits_without_a_broker(films: Library) -> None:
    with broker_away():
        started = _pending(films)
    message = JobMessage.objects.get(pk=started.pk)
    assert message.due_at <= timezone.now()  # the next sweep sends it
    assert started.status == ScanStatus.PENDING


@pytest.mark.django_db(transaction=True)
def test_of_two_that_start_a_scan_one_does(films: Library) -> None:
    answers = at_once(*[lambda: _pending(films)] * 4)

    assert sum(isinstance(answer, LibraryScan) for answer in answers) == 1
    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
    assert LibraryScan.objects.count() == 1


def test_who_begins_a_scan_later_has_it(films: Library) -> None:
    started = _pending(films)
    stalled = scanning.scan_claim(scan_id=started.pk)
    assert stalled is not None

    assert scanning.scan_claim(scan_id=started.pk) is not None

    with pytest.raises(ScanCancelledError):
        ScanProgress(stalled).flush()


@pytest.mark.django_db(transaction=True)
def test_of_two_that_create_a_library_one_does(films_dir: Path) -> None:
    def create() -> Library:
        return services.library_create(name="Films", roots=[str(films_dir)])

    answers = at_once(create, create)

    assert sorted(type(answer).__name__ for answer in answers) == ["ConflictError", "Library"]


def test_a_scan_whose_process_died_runs_anew(films: Library, films_dir: Path) -> None:
    add_film(films_dir, "A (2001).mkv")
    started = _pending(films)
    assert scanning.scan_claim(scan_id=started.pk) is not None

    tasks.scan_run(str(started.pk))

    started.refresh_from_db()
    assert started.status == ScanStatus.COMPLETED
    tasks.scan_run(str(started.pk))  # delivered once more


def test_a_library_that_somebody_has_just_deleted_is_not_changed(films: Library) -> None:
    stale = Library.objects.get(pk=films.pk)
    services.library_delete(library=films)
    with pytest.raises(ConflictError, match="deleted"):
        services.library_update(
            library=stale, changes={"scanner_config": {"schedule": "0 3 * * *"}}
        )
    assert not PeriodicTask.objects.filter(task=tasks.scan_scheduled.name).exists()


def test_who_only_manages_does_not_switch_on_what_was_just_switched_off(
    films: Library, member: User
) -> None:
    stale = Library.objects.get(pk=films.pk)
    services.library_update(library=films, changes={"enabled": False})
    with pytest.raises(ForbiddenError):
        services.library_edit(library=stale, changes={"enabled": True}, actor=member)
    assert not Library.objects.get(pk=films.pk).enabled


class TestTheJobOfAScan:
    def test_it_tells_how_far_the_scan_is(
        self, films: Library, films_dir: Path, member: User
    ) -> None:
        add_film(films_dir, "A (2001).mkv")
        (films_dir / "Broken (2002).mkv").write_text("no film")
        started = scanning.scan_start(library=films, scan_type=ScanType.FULL, requested_by=member)
        job = Job.objects.get(pk=started.pk)
        assert (job.kind, job.subject, job.started_by) == ("libraries.scan", "Films", member)

        tasks.scan_run(str(started.pk))

        job.refresh_from_db()
        assert (job.done, job.total, job.percent) == (2, 2, 100)
        assert (job.counts["added"], job.counts["errors"]) == (2, 1)

    def test_cancelling_either_cancels_both(self, films: Library) -> None:
        for cancel in (
            lambda scan: scanning.scan_cancel(scan=scan),
            lambda scan: tracking.cancel(scan.pk),
        ):
            started = _pending(films)
            cancel(started)
            started.refresh_from_db()
            assert started.status == ScanStatus.CANCELLED
            assert Job.objects.get(pk=started.pk).state == JobState.CANCELLED
            assert not JobMessage.objects.filter(pk=started.pk).exists()

    @pytest.mark.django_db(transaction=True)
    def test_both_are_cancelled_at_one_moment(self, films: Library) -> None:
        started = _pending(films)

        def cancel_job() -> None:
            try:
                tracking.cancel(started.pk)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                Library.objects.select_for_update(no_key=True).get(pk=films.pk)
                other = pool.submit(cancel_job)
                until_blocked()
                scanning.scan_cancel(scan=started)
            with pytest.raises(ConflictError, match="ended already"):
                other.result(timeout=60)
        started.refresh_from_db()
        assert started.status == ScanStatus.CANCELLED
        assert Job.objects.get(pk=started.pk).state == JobState.CANCELLED

    @pytest.mark.parametrize("is_whole", [True, False])
    def test_one_whose_process_is_killed_again_and_again_stands_in_no_way(
        self,
        films: Library,
        films_dir: Path,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
        *,
        is_whole: bool,
    ) -> None:
        started = _pending(films) if is_whole else _asked(films, films_dir)
        assert scanning.scan_claim(scan_id=started.pk) is not None
        JobMessage.objects.update(starts=tasks.scan_run.most_starts)

        with django_capture_on_commit_callbacks(execute=True):
            deliver(started.pk, tasks.scan_run)

        started.refresh_from_db()
        assert started.status == ScanStatus.FAILED
        assert started.error_message.startswith("Its worker was killed")
        assert started.error_message.endswith("then scan again.")
        assert Job.objects.get(pk=started.pk).state == JobState.FAILED
        assert {ScanEvent.FAILED, JobEvent.FAILED} <= _told()
        assert tracking.retry(started.pk, started_by=None) != started.pk

    def test_what_was_asked_for_meanwhile_outlives_such_a_one(
        self, films: Library, films_dir: Path
    ) -> None:
        started = _pending(films)
        assert scanning.scan_claim(scan_id=started.pk) is not None
        _asked(films, films_dir)
        JobMessage.objects.update(starts=tasks.scan_run.most_starts)

        deliver(started.pk, tasks.scan_run)

        (left,) = films.scans.exclude(pk=started.pk)
        assert (left.status, left.is_whole) == (ScanStatus.PENDING, False)
        assert Job.objects.get(pk=left.pk).state == JobState.QUEUED

    def test_it_is_cancelled_with_its_library(self, films: Library) -> None:
        started = _pending(films)
        services.library_delete(library=films)
        assert Job.objects.get(pk=started.pk).state == JobState.CANCELLED
        assert not JobMessage.objects.exists()

    def test_a_scan_is_repeated_unless_one_runs(self, films: Library, member: User) -> None:
        first = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        scanning.scan_cancel(scan=first)

        again = tracking.retry(first.pk, started_by=member.pk)

        second = films.scans.get(pk=again)
        assert (second.scan_type, second.requested_by) == (ScanType.FULL, member)
        with pytest.raises(ConflictError, match="waiting or running"):
            tracking.retry(first.pk, started_by=member.pk)
        films.delete()
        with pytest.raises(NotFoundError):
            tracking.retry(first.pk, started_by=None)
