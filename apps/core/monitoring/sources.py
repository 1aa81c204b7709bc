"""Figures that are read when Prometheus asks: what the database and the broker know.

Each source is kept for some seconds and has a limit of time, so that neither a curious scraper nor
an engine that hangs does harm; `revenge_scrape_source_up` tells which could be read.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.core.probes import Asking

logger = logging.getLogger(__name__)

KEPT_SECONDS = 10.0
LIMIT_SECONDS = 1.5

Read = Callable[[], Iterable[Metric]]


@dataclass
class _Source:
    read: Read
    metrics: list[Metric] = field(default_factory=list)
    read_at: float = float("-inf")


class Sources:
    """Feature apps `register` theirs when they are ready."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._lock = threading.Lock()
        self._asking = Asking[list[Metric]]()

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
        now = time.monotonic()
        asked = {
            name: self._asking.start(name, partial(_read, source.read))
            for name, source in self._sources.items()
            if now - source.read_at >= KEPT_SECONDS
        }
        wait(asked.values(), LIMIT_SECONDS)
        for name, answer in asked.items():
            if answer.done():
                _take(name, self._sources[name], answer)


def _read(read: Read) -> list[Metric]:
    return list(read())


def _take(name: str, source: _Source, done: "Future[list[Metric]]") -> None:
    if error := done.exception():
        logger.warning("the figures of %s cannot be read: %s", name, error)
        return
    source.metrics, source.read_at = done.result(), time.monotonic()


sources = Sources()
