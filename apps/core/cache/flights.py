"""Threads of one process that want the same value: one computes it, the others wait."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, ClassVar, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


class Flights(Generic[T]):
    _all: ClassVar["WeakSet[Flights[Any]]"] = WeakSet()

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}
        self._all.add(self)

    def run(self, identifier: str, work: Callable[[], T], *, patience: float) -> T:
        """The work's result or error, from whichever thread does it; after `patience` seconds of
        waiting this thread does it itself."""
        with self._lock:
            flight = self._flights.get(identifier)
            leads = flight is None
            if flight is None:
                flight = self._flights[identifier] = Future()
        if not leads:
            try:
                return flight.result(patience)
            except TimeoutError:
                if flight.done():
                    raise  # the work's own
                return work()
        try:
            result = work()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            with self._lock:
                if self._flights.get(identifier) is flight:
                    del self._flights[identifier]

    def forget(self, identifier: str) -> None:
        """Who asks from now on shall not get what is being computed already."""
        with self._lock:
            self._flights.pop(identifier, None)

    def forget_all(self) -> None:
        with self._lock:
            self._flights.clear()

    def after_fork(self) -> None:
        """The threads that computed are the parent's."""
        self._lock = threading.Lock()
        self._flights.clear()

    @classmethod
    def every(cls) -> "Iterator[Flights[Any]]":
        yield from tuple(cls._all)
