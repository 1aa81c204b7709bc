"""Asking the parts of the server how they are: all at once, each for a limited time."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import connections
from django.utils import translation

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIMIT_SECONDS = 1.0
T = TypeVar("T")


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


class Asking(Generic[T]):
    """What hangs is asked once, however often somebody wants to know.

    Each question has a thread that ends with it: pools would keep theirs, and their memory.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Future[T]] = {}

    def start(self, name: str, ask: Callable[[], T]) -> "Future[T]":
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done():
                running = self._running[name] = Future()
                Thread(target=_answer, args=(running, ask), name=name, daemon=True).start()
            return running


def _answer(answer: "Future[T]", ask: Callable[[], T]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:  # noqa: BLE001  (whoever reads the answer gets it)
        answer.set_exception(error)
    finally:
        connections.close_all()


_asking = Asking[Check]()


def ask_all(probes: Mapping[str, Probe], *, limit: float = LIMIT_SECONDS) -> dict[str, Check]:
    """Every part's answer, after at most `limit` seconds."""
    language = translation.get_language()
    asked = {
        name: _asking.start(name, partial(_timed, probe.ask, language))
        for name, probe in probes.items()
    }
    wait(asked.values(), limit)
    return {
        name: answer.result() if answer.done() else replace(probes[name].away, seconds=limit)
        for name, answer in asked.items()
    }


def _timed(ask: Callable[[], Check], language: str) -> Check:
    begin = time.perf_counter()
    with translation.override(language):
        check = ask()
    return replace(check, seconds=round(time.perf_counter() - begin, 4))
