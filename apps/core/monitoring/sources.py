"""Figures that are read when Prometheus asks: what the database and the broker know.

Each source is kept for some seconds and has a limit of time, so that neither a curious scraper nor
an engine that hangs does harm; `revenge_scrape_source_up` tells which could be read.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import connections
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

logger = logging.getLogger(__name__)

KEPT_SECONDS = 10.0
LIMIT_SECONDS = 1.5

Read = Callable[[], Iterable[Metric]]


@dataclass
class _Source:
    read: Read
    metrics: list[Metric] = field(default_factory=list)
    read_at: float = float("-inf")
    running: "Future[list[Metric]] | None" = None


class Sources:
    """Feature apps `register` theirs when they are ready."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def register(self, name: str, read: Read) -> None:
        """`read` may raise and may take long; it is called from a thread of its own."""
        self._sources[name] = _Source(read)

    def collect(self) -> Iterator[Metric]:
        """The figures of every source that answers in time. Never raises."""
        with self._lock:
            up = GaugeMetricFamily(
                "revenge_scrape_source_up", "Whether a source could be read", labels=["source"]
            )
            self._refresh()
            for name, source in self._sources.items():
                is_fresh = time.monotonic() - source.read_at < KEPT_SECONDS
                up.add_metric([name], float(is_fresh))
                if is_fresh:
                    yield from source.metrics
            yield up

    def _refresh(self) -> None:
        self._threads = self._threads or ThreadPoolExecutor(thread_name_prefix="scrape")
        now = time.monotonic()
        for source in self._sources.values():
            # One that hangs is not asked a second time.
            if source.running is None and now - source.read_at >= KEPT_SECONDS:
                source.running = self._threads.submit(_read, source.read)
        wait([s.running for s in self._sources.values() if s.running], LIMIT_SECONDS)
        for name, source in self._sources.items():
            if source.running and source.running.done():
                _take(name, source, source.running)
                source.running = None


def _read(read: Read) -> list[Metric]:
    try:
        return list(read())
    finally:
        connections.close_all()


def _take(name: str, source: _Source, done: "Future[list[Metric]]") -> None:
    if error := done.exception():
        logger.warning("the figures of %s cannot be read: %s", name, error)
        return
    source.metrics, source.read_at = done.result(), time.monotonic()


sources = Sources()
