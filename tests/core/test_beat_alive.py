import time

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from apps.core.monitoring import jobs
from tests.heard import forget_all


@pytest.fixture(autouse=True)
def _nobody_is_heard() -> None:
    forget_all()


def test_beat_lives_while_it_is_heard() -> None:
    with pytest.raises(CommandError, match="never been heard"):
        call_command("beat_alive")
    jobs.beat_is_alive()
    call_command("beat_alive")


def test_beat_that_fell_silent_is_not_alive() -> None:
    jobs._SIGNS.put(jobs.BEAT, None, time.time() - 180)
    with pytest.raises(CommandError, match="last heard 180 s ago"):
        call_command("beat_alive")


def test_without_the_broker_nobody_is_heard(settings: LazySettings) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(CommandError, match="without the broker"):
        call_command("beat_alive")
