import pytest

from apps.core.jobs.models import Queue
from revenge.env import EnvError
from revenge.stack import workers


def test_each_queue_has_its_worker_and_the_urgent_ones_go_first() -> None:
    served = [queue for group in workers.GROUPS for queue in group.queues]
    assert served == list(Queue.values)


def test_the_counts_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVENGE_WORKERS_HIGH", "3")
    monkeypatch.setenv("REVENGE_WORKERS_BULK", "2")
    counts = workers.from_environment()
    usual, bulk = (" ".join(group.command(counts)) for group in workers.GROUPS)
    assert "worker worker --queues critical,high,default,low --most 6 --niceness 0" in usual
    assert "worker worker-bulk --queues bulk --most 2 --niceness 10" in bulk
    monkeypatch.setenv("REVENGE_WORKERS_LOW", "0")
    with pytest.raises(EnvError, match="REVENGE_WORKERS_LOW"):
        workers.from_environment()
