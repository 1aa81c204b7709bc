"""Which Celery workers there are, and what each is started with."""

from collections.abc import Mapping
from dataclasses import dataclass

from revenge import env

_QUEUES = ("critical", "high", "default", "low", "bulk")


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """A Celery worker for some queues, the first of which go first.

    It has no process but its own while no job waits. `niceness`: how much it gives way to others
    that want the processors, 0 to 19.
    """

    name: str
    queues: tuple[str, ...]
    niceness: int = 0

    def command(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """What follows `python -m`; `counts` is the number of jobs at once of each queue."""
        most = sum(counts[queue] for queue in self.queues)
        return (
            *("revenge.jobs", "worker", self.name),
            *("--queues", ",".join(self.queues), "--most", str(most)),
            *("--niceness", str(self.niceness)),
        )


GROUPS = (
    # One for all that is short: each further process of Celery takes 35 MiB when idle.
    WorkerGroup("worker", ("critical", "high", "default", "low")),
    WorkerGroup("worker-bulk", ("bulk",), niceness=10),
)


def from_environment() -> dict[str, int]:
    """How many jobs of each queue run at once. Raises EnvError."""
    return {
        queue: env.integer(f"REVENGE_WORKERS_{queue.upper()}", 1, minimum=1, maximum=64)
        for queue in _QUEUES
    }
