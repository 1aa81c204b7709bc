"""Schedules run in their turn: once, whoever keeps the clock, and not more often to catch up."""

import subprocess
from datetime import timedelta

import pytest
from celery import current_app
from django.db import DatabaseError, connection
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.jobs import holders, messages, outbox, schedules
from apps.core.jobs.beat import SWEPT_EVERY, Scheduler
from apps.core.jobs.schedules import Seed
from apps.core.models import JobMessage
from apps.setup import preparing
from tests.broker import broker_away, received
from tests.core.jobs import work
from tests.core.jobs.work import deliver, record

EVERY_MINUTE = {"the test's": Seed(record.name, timedelta(minutes=1))}


def _beat() -> Scheduler:
    return Scheduler(app=current_app)


def _ticks(*beats: Scheduler) -> None:
    """Each until it has nothing to do."""
    for beat in beats:
        for _ in range(10):
            if beat.tick() > 0.5:
                break


def _last_ran(ago: timedelta) -> None:
    then = timezone.now() - ago
    PeriodicTask.objects.update(last_run_at=then, date_changed=then)


@pytest.mark.django_db(transaction=True)
class TestTurns:
    @pytest.fixture(autouse=True)
    def _schedule(self, transactional_db: None) -> None:  # noqa: ARG002
        schedules.seed(EVERY_MINUTE)

    def test_a_schedule_runs_when_it_is_due(self) -> None:
        _ticks(_beat())
        assert not JobMessage.objects.exists()
        _last_ran(timedelta(minutes=1))
        _ticks(_beat())
        message = JobMessage.objects.get()
        assert (message.task, message.queue) == (record.name, "low")
        row = PeriodicTask.objects.get()
        assert row.total_run_count == 1
        assert row.last_run_at > timezone.now() - timedelta(seconds=50)

    def test_a_connection_that_has_broken_is_not_kept(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        beat = _beat()
        _ticks(beat)
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        beat._sweep_at = 0.0
        assert beat.tick() == SWEPT_EVERY
        assert "the database is away" in caplog.text
        caplog.clear()
        beat._sweep_at = 0.0
        beat.tick()
        assert beat._sweep_at > 0
        assert "the database is away" not in caplog.text

    def test_after_a_long_stop_it_runs_once(self) -> None:
        _last_ran(timedelta(days=30))
        beat = _beat()
        _ticks(beat)
        deliver(JobMessage.objects.get().pk)
        _ticks(beat)
        _ticks(_beat())
        assert not JobMessage.objects.exists()
        assert work.calls == [()]

    def test_what_was_due_while_nothing_ran_runs_at_another_hour(self) -> None:
        hours_ago = timezone.now() - timedelta(hours=8)
        daily = CrontabSchedule.objects.create(minute=0, hour=hours_ago.hour)
        PeriodicTask.objects.update(interval=None, crontab=daily)
        _last_ran(timedelta(hours=25))
        _ticks(_beat())
        assert JobMessage.objects.get().task == record.name

    def test_a_clock_that_was_ahead_stops_no_schedule(self) -> None:
        beat = _beat()
        ahead = -timedelta(days=3650)
        _last_ran(ahead)
        PeriodicTasks.objects.update(last_update=timezone.now() - ahead)
        _ticks(beat)
        assert PeriodicTask.objects.get().last_run_at < timezone.now()
        _last_ran(timedelta(minutes=2))
        PeriodicTasks.update_changed()
        _ticks(beat)
        assert JobMessage.objects.get().task == record.name

    def test_of_two_beats_one_takes_the_turn(self) -> None:
        _last_ran(timedelta(minutes=2))
        first, second = _beat(), _beat()
        assert first.schedule
        assert second.schedule  # both have read it before either runs
        _ticks(first)
        deliver(JobMessage.objects.get().pk)
        _ticks(second)
        assert not JobMessage.objects.exists()
        assert PeriodicTask.objects.get().total_run_count == 1

    def test_a_slow_run_is_not_overtaken(self) -> None:
        _last_ran(timedelta(minutes=2))
        _ticks(_beat())
        slow = JobMessage.objects.get()
        _last_ran(timedelta(minutes=2))
        _ticks(_beat())
        assert JobMessage.objects.get() == slow

    @pytest.mark.parametrize(
        "wrong", [{"args": "5"}, {"kwargs": "[1]"}, {"args": "["}, {"args": '["\\u0000"]'}], ids=str
    )
    def test_arguments_that_are_none_stop_no_other_schedule(self, wrong: dict[str, str]) -> None:
        schedules.seed({**EVERY_MINUTE, "another": Seed(record.name, timedelta(minutes=2))})
        PeriodicTask.objects.filter(name="the test's").update(**wrong)
        _last_ran(timedelta(minutes=3))
        _ticks(_beat())
        assert [message.key for message in JobMessage.objects.all()] == ["schedule:another"]
        with pytest.raises(InvalidInputError):
            schedules.run_now(PeriodicTask.objects.get(name="the test's").pk)

    def test_one_that_is_switched_off_rests(self) -> None:
        PeriodicTask.objects.update(enabled=False)
        _last_ran(timedelta(minutes=2))
        _ticks(_beat())
        assert not JobMessage.objects.exists()

    def test_without_a_broker_beat_lives_and_the_job_waits(self) -> None:
        _last_ran(timedelta(minutes=2))
        with broker_away():
            _ticks(_beat())
            assert JobMessage.objects.count() == 1
        outbox.sweep()
        assert received("low") == [str(JobMessage.objects.get().pk)]

    def test_without_the_database_beat_lives_and_the_turn_is_not_lost(self) -> None:
        beat = _beat()
        assert beat.schedule
        _last_ran(timedelta(minutes=2))
        beat = _beat()
        assert beat.schedule
        connection.close()
        settings, pool = connection.settings_dict, connection.settings_dict["OPTIONS"].pop("pool")
        name, settings["NAME"] = settings["NAME"], "no-such-database"
        try:
            assert beat.tick() > 0
        finally:
            settings["NAME"], settings["OPTIONS"]["pool"] = name, pool
            connection.close()
        _ticks(beat)
        assert JobMessage.objects.count() == 1

    def test_beat_sends_what_was_lost(self) -> None:
        job_id = outbox.enqueue(record)
        JobMessage.objects.update(due_at=timezone.now())
        received("low")
        _ticks(_beat())
        assert str(job_id) in received("low")

    def test_beat_sends_what_a_dead_process_ran(self) -> None:
        job_id = outbox.enqueue(record)
        with subprocess.Popen(["/bin/true"]) as process:
            signed = holders.own("worker@here").split("/")
        holder = "/".join((signed[0], str(process.pid), *signed[2:]))
        JobMessage.objects.update(holder=holder, due_at=timezone.now() + messages.LEASE)
        received("low")
        _ticks(_beat())
        assert str(job_id) in received("low")


@pytest.mark.django_db
class TestSchedules:
    def test_they_are_seeded_once_and_stay_as_they_were_changed(self) -> None:
        PeriodicTask.objects.create(
            name="of a task that is gone",
            task="libraries.scans_sweep",
            interval=IntervalSchedule.objects.create(every=1, period="days"),
        )
        preparing.schedules_seed()
        assert set(PeriodicTask.objects.values_list("name", flat=True)) == set(preparing.SCHEDULES)
        PeriodicTask.objects.filter(name="search index").update(enabled=False)
        preparing.schedules_seed()
        assert not PeriodicTask.objects.get(name="search index").enabled

    def test_when_they_run_next(self) -> None:
        schedules.seed(EVERY_MINUTE)
        _last_ran(timedelta(seconds=20))
        nightly = CrontabSchedule.objects.create(minute="0", hour="4")
        PeriodicTask.objects.create(name="nightly", task=record.name, crontab=nightly)
        PeriodicTask.objects.create(name="off", task=record.name, crontab=nightly, enabled=False)
        night, off, minute = schedules.upcoming()
        assert minute.last_run is not None
        assert minute.next_run is not None
        late = minute.next_run - minute.last_run - timedelta(minutes=1)
        assert abs(late) <= timedelta(seconds=1)
        assert night.next_run is not None
        assert (night.next_run.hour, night.next_run.minute) == (4, 0)
        assert off.next_run is None

    def test_run_now(self) -> None:
        schedules.seed(EVERY_MINUTE)
        pk = PeriodicTask.objects.get().pk
        assert schedules.run_now(pk).name == "the test's"
        assert schedules.upcoming()[0].is_busy
        with pytest.raises(ConflictError):
            schedules.run_now(pk)
        deliver(JobMessage.objects.get().pk)
        schedules.run_now(pk)
        with pytest.raises(NotFoundError):
            schedules.run_now(0)
