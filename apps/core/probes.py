"""Asking the parts of the server how they are: all at once, each for a limited time."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING

from django.db import connections
from django.utils import translation

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIMIT_SECONDS = 1.0


class Health(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


def worst(states: Iterable[Health]) -> Health:
    found = set(states)
    for state in (Health.UNHEALTHY, Health.DEGRADED):
        if state in found:
            return state
    return Health.HEALTHY


@dataclass(frozen=True)
class Check:
    """One part's state; `seconds` is how long it took to answer, `facts` what else is known."""

    status: Health
    message: "StrOrPromise" = ""
    seconds: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """`away` is the answer for a part that gives none in time. `ask` does not raise.

    `label` is for people; `ask` speaks the language of whoever wants to know.
    """

    ask: Callable[[], Check]
    away: Check
    label: "StrOrPromise" = ""


class _Asking:
    """A part that hangs is asked once, however often somebody wants to know."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._running: dict[str, Future[Check]] = {}

    def start(self, name: str, probe: Probe) -> "Future[Check]":
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done():
                self._threads = self._threads or ThreadPoolExecutor(32, "probe")
                running = self._threads.submit(_timed, probe.ask, translation.get_language())
                self._running[name] = running
            return running


_asking = _Asking()


def ask_all(probes: Mapping[str, Probe], *, limit: float = LIMIT_SECONDS) -> dict[str, Check]:
    """Every part's answer, after at most `limit` seconds."""
    asked = {name: _asking.start(name, probe) for name, probe in probes.items()}
    wait(asked.values(), limit)
    return {
        name: answer.result() if answer.done() else replace(probes[name].away, seconds=limit)
        for name, answer in asked.items()
    }


def _timed(ask: Callable[[], Check], language: str) -> Check:
    begin = time.perf_counter()
    try:
        with translation.override(language):
            check = ask()
    finally:
        connections.close_all()
    return replace(check, seconds=round(time.perf_counter() - begin, 4))
