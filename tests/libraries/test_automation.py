"""What libraries do by themselves: their schedules."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from apps.core.errors import InvalidInputError
from apps.core.jobs import schedules
from apps.core.jobs.beat import Scheduler
from apps.core.models import JobMessage
from apps.libraries import automation, services, tasks
from apps.libraries.models import Library, LibraryScan, ScanStatus, ScanType
from apps.users.models import User

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


class TestConsole:
    """A library's schedule is changed with the library: a change here would not last."""

    @pytest.fixture
    def row(self, films: Library) -> PeriodicTask:
        services.library_update(library=films, changes=EVERY_NIGHT)
        row = schedule_of(films)
        assert row is not None
        return row

    @pytest.fixture
    def console(self, browser_of: Callable[[User], Client], admin: User) -> Client:
        return browser_of(admin)

    def test_it_is_shown_and_leads_to_its_library(
        self, console: Client, row: PeriodicTask, films: Library
    ) -> None:
        page = _at("periodictask_change", row.pk)
        text = console.get(page).content.decode()
        assert reverse("admin:libraries_library_change", args=[films.pk]) in text
        assert row.name in text
        assert 'name="_save"' not in text
        assert console.post(page, {"name": "Mine"}).status_code == 403
        assert console.post(_at("periodictask_delete", row.pk), {"post": "yes"}).status_code == 403
        crontab = _at("crontabschedule_change", row.crontab_id)
        assert console.post(crontab, {"minute": "1"}).status_code == 403

    @pytest.mark.parametrize("action", ["disable_tasks", "delete_selected"])
    def test_no_action_changes_it(self, console: Client, row: PeriodicTask, action: str) -> None:
        form = {"action": action, "_selected_action": [str(row.pk)], "post": "yes"}
        console.post(_at("periodictask_changelist"), form)
        row.refresh_from_db()
        assert row.enabled

    def test_others_are_changed_beside_it(self, console: Client, row: PeriodicTask) -> None:
        other = PeriodicTask.objects.create(name="Mine", task=row.task, crontab=row.crontab)
        assert b'name="_save"' in console.get(_at("periodictask_change", other.pk)).content
        ids = [str(row.pk), str(other.pk)]
        form = {"action": "disable_tasks", "_selected_action": ids}
        answer = console.post(_at("periodictask_changelist"), form, follow=True)
        assert f"stay as they are: {row}" in unescape(answer.content.decode())
        enabled = PeriodicTask.objects.order_by("pk").values_list("enabled", flat=True)
        assert list(enabled) == [True, False]


def _at(page: str, *args: object) -> str:
    return reverse(f"admin:django_celery_beat_{page}", args=args)
