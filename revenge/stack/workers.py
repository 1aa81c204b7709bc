"""Which Celery workers there are, and what each is started with."""

from collections.abc import Mapping
from dataclasses import dataclass

from revenge import env

_QUEUES = ("critical", "high", "default", "low", "bulk")


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """A Celery worker for some queues, the first of which go first.

    A worker of processes keeps `idle` of them and starts more when jobs wait. The threads of one
    in threads run jobs that start processes of their own, which Celery's processes may not.
    """

    name: str
    queues: tuple[str, ...]
    idle: int = 0
    in_threads: bool = False

    def command(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """What follows `python -m`; `counts` is the number of jobs at once of each queue."""
        most = sum(counts[queue] for queue in self.queues)
        pool = (
            ("--pool", "threads", "--concurrency", str(most))
            if self.in_threads
            else ("--pool", "prefork", f"--autoscale={most},{self.idle}")
        )
        return (
            *("celery", "-A", "revenge", "worker", "-n", f"{self.name}@%h"),
            *("-Q", ",".join(self.queues), *pool, "--prefetch-multiplier", "1"),
            *("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        )


GROUPS = (
    WorkerGroup("worker", ("critical", "high")),
    WorkerGroup("worker-default", ("default", "low"), idle=1),
    WorkerGroup("worker-bulk", ("bulk",), in_threads=True),
)


def from_environment() -> dict[str, int]:
    """How many jobs of each queue run at once. Raises EnvError."""
    return {
        queue: env.integer(f"REVENGE_WORKERS_{queue.upper()}", 1, minimum=1, maximum=64)
        for queue in _QUEUES
    }
