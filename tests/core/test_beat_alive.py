from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

pytestmark = pytest.mark.django_db


def _sent(*, ago: timedelta) -> None:
    schedule = IntervalSchedule.objects.create(every=30, period=IntervalSchedule.SECONDS)
    sent = timezone.now() - ago
    PeriodicTask.objects.create(name=str(ago), task="t", interval=schedule, last_run_at=sent)


def test_beat_lives_while_it_sends() -> None:
    _sent(ago=timedelta(days=1))
    _sent(ago=timedelta(seconds=31))
    call_command("beat_alive")


def test_beat_that_sends_nothing_is_not_alive() -> None:
    with pytest.raises(CommandError, match="nothing since its schedules were made"):
        call_command("beat_alive")
    _sent(ago=timedelta(minutes=3))
    with pytest.raises(CommandError, match="nothing since 20"):
        call_command("beat_alive")
