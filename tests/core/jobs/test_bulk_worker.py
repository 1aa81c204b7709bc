"""The worker of long jobs: they start processes, and have limits and an end as all jobs have."""

import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from apps.core.jobs import outbox
from apps.core.jobs.outbox import Tracked
from apps.core.models import Job, JobMessage, JobState
from tests.core.jobs.long_work import long
from tests.jobs_process import process
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


_WORKER = """
import django
django.setup()
from revenge.jobs import main
import tests.core.jobs.long_work
raise SystemExit(main(["worker", "bulk-test", "--queues", "bulk", "--most", "1"]))
"""


def _worker() -> AbstractContextManager[subprocess.Popen[bytes]]:
    return process("-c", _WORKER)


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """Where the job writes its processes."""
    return tmp_path / "started"


def _processes(started: Path) -> tuple[int, int]:
    until(started.exists)
    job, child = (int(text) for text in started.read_text().split())
    return job, child


def _is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@needs_proc
def test_it_hears_that_its_time_is_over(started: Path) -> None:
    outbox.enqueue(long, str(started), tracked=Tracked("tests.record"))
    with _worker():
        _, child = _processes(started)
        until(lambda: Job.objects.get().state == JobState.FAILED)
        until(lambda: _is_gone(child))
    assert "SoftTimeLimitExceeded" in Job.objects.get().error


@needs_proc
def test_one_that_does_not_hear_it_is_killed(started: Path) -> None:
    outbox.enqueue(long, str(started), kwargs={"is_deaf": True})
    with _worker():
        job, child = _processes(started)
        until(lambda: _is_gone(job) and _is_gone(child))
    assert JobMessage.objects.get().starts == 1  # it is tried again when its lease has ended


@needs_proc
def test_it_goes_on_elsewhere_when_its_worker_stops(started: Path) -> None:
    outbox.enqueue(long, str(started), tracked=Tracked("tests.record"))
    with _worker() as process:
        _processes(started)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert Job.objects.get().state == JobState.QUEUED
    assert JobMessage.objects.get().starts == 0
