"""What libraries do by themselves: their schedules."""

from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from apps.core.errors import InvalidInputError
from apps.core.jobs import schedules
from apps.core.jobs.beat import Scheduler
from apps.core.models import JobMessage
from apps.libraries import automation, services, tasks
from apps.libraries.models import Library, LibraryScan, ScanStatus, ScanType

EVERY_NIGHT = {"scanner_config": {"schedule": "30 3 * * 1-5"}}


def schedule_of(library: Library) -> PeriodicTask | None:
    return PeriodicTask.objects.filter(
        task=tasks.scan_scheduled.name, args=f'["{library.pk}"]'
    ).first()


def test_a_schedule_follows_its_library(films: Library) -> None:
    assert schedule_of(films) is None
    services.library_update(library=films, changes=EVERY_NIGHT)
    made = schedule_of(films)
    assert made is not None
    assert made.crontab is not None
    assert str(made.crontab) == "30 3 * * 1-5 (m/h/dM/MY/d) UTC"
    assert made.name.startswith("scan of Films (")
    assert made.name in [upcoming.row.name for upcoming in schedules.upcoming()]

    changes = {"name": "Movies", "scanner_config": {"schedule": "0 4 * * *"}}
    services.library_update(library=films, changes=changes)
    changed = schedule_of(films)
    assert changed is not None
    assert (changed.pk, str(changed.crontab)) == (made.pk, "0 4 * * * (m/h/dM/MY/d) UTC")
    assert changed.name.startswith("scan of Movies (")

    services.library_update(library=films, changes={"enabled": False})
    assert schedule_of(films) is None
    services.library_update(library=films, changes={"enabled": True})
    assert schedule_of(films) is not None
    services.library_delete(library=films)
    assert not PeriodicTask.objects.exists()


def test_two_libraries_have_two_schedules(films: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = services.library_create(name="Other", roots=[str(tmp_path / "other")])
    for library in (films, other):
        services.library_update(library=library, changes=EVERY_NIGHT)
    services.library_update(library=other, changes={"scanner_config": {}})
    assert schedule_of(other) is None
    assert schedule_of(films) is not None


def test_what_has_not_changed_does_not_wake_beat(films: Library) -> None:
    services.library_update(library=films, changes=EVERY_NIGHT)
    before = PeriodicTasks.last_change()
    services.library_update(library=films, changes={"scan_on_startup": True})
    automation.schedules_renew()
    assert PeriodicTasks.last_change() == before
    assert CrontabSchedule.objects.count() == 1


def test_a_start_makes_up_for_what_is_missing(films: Library) -> None:
    Library.objects.filter(pk=films.pk).update(**EVERY_NIGHT)
    automation.schedules_renew()
    assert schedule_of(films) is not None
    Library.objects.filter(pk=films.pk).update(deleted_at=timezone.now())
    automation.schedules_renew()
    assert schedule_of(films) is None


def test_a_schedule_that_the_tables_cannot_hold_is_refused_whole(films: Library) -> None:
    weekdays = ",".join(["1"] * 60)
    with pytest.raises(InvalidInputError):
        services.library_update(
            library=films, changes={"scanner_config": {"schedule": f"0 3 * * {weekdays}"}}
        )
    films.refresh_from_db()
    assert films.scanner_config == {}


@pytest.mark.django_db(transaction=True)
def test_its_turn_starts_a_scan(films: Library) -> None:
    services.library_update(library=films, changes={"scanner_config": {"schedule": "* * * * *"}})
    then = timezone.now() - timedelta(days=30)
    PeriodicTask.objects.update(last_run_at=then, date_changed=then)
    beat = Scheduler(app=current_app)
    for _ in range(10):
        if beat.tick() > 0.5:
            break
    message = JobMessage.objects.get()
    assert (message.task, message.args) == (tasks.scan_scheduled.name, [str(films.pk)])
    tasks.scan_scheduled(*message.args)
    scan = LibraryScan.objects.get()
    assert (scan.scan_type, scan.status) == (ScanType.INCREMENTAL, ScanStatus.PENDING)
    tasks.scan_scheduled(*message.args)
    assert LibraryScan.objects.get() == scan


def test_a_library_that_is_off_or_gone_is_not_scanned(films: Library) -> None:
    Library.objects.filter(pk=films.pk).update(enabled=False)
    tasks.scan_scheduled(str(films.pk))
    Library.objects.filter(pk=films.pk).update(enabled=True, deleted_at=timezone.now())
    tasks.scan_scheduled(str(films.pk))
    assert not LibraryScan.objects.exists()
