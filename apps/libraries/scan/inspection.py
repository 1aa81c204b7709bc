"""Reading one file in a process of its own: its fingerprint, the probe, and what the name says."""

import dataclasses
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import PurePosixPath
from typing import Any

from pebble import CONSTS, ProcessExpired, ProcessPool

from apps.libraries.scan.discs import DiscError
from apps.libraries.scan.fingerprint import fingerprint
from apps.libraries.scan.probe_types import ProbeError, ProbeFailure
from revenge.processes import end_with_parent

logger = logging.getLogger(__name__)

MEMORY_LIMIT = 4 * 1024**3
"""Bytes of address space that a reading process may take: room for the pictures of an 8K film."""
_WAIT_SECONDS = 1.0
_NICENESS = 10
"""Who looks at films goes first; Linux derives the turns at the disk from it as well."""
_PRELOADED = ["apps.libraries.scan.preload"]
"""Loaded once, by the process from which those of the pool are forked."""

TRANSIENT_FAILURES = frozenset((ProbeFailure.UNREADABLE, ProbeFailure.TIMED_OUT))
"""They say nothing of the file: a disk was away, or the machine was busy. It is tried again."""


@dataclass(frozen=True)
class InspectionJob:
    """`path` is absolute, `relative_path` below the root. A file that has one of the
    `candidates`, which are fingerprints, is not read further: what it holds is known."""

    path: str
    relative_path: str
    only_movie_in_folder: bool
    candidates: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Inspection:
    """What a file is. `probe` and `name` are JSON; a broken file has a failure and neither, one
    of known content has no probe. The fingerprint is "" where none could be made; such a file is
    broken. `seconds` is how long the probe took; None for a file that was not probed to an end."""

    probe: dict[str, Any] | None
    name: dict[str, Any] | None
    failure: ProbeFailure | None = None
    message: str = ""
    fingerprint: str = ""
    seconds: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the content was known by its fingerprint, so that it was not read."""
        return self.probe is None and self.failure is None


# How often a pool looks at its processes: it ends as much later, and so does each small scan.
CONSTS.sleep_unit = 0.02


class Inspector:
    """A pool of processes that can be killed: a file that hangs or crashes costs one process."""

    def __init__(self, pool: ProcessPool, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout

    def submit(self, job: InspectionJob) -> "Future[Inspection]":
        future: Future[Inspection] = self._pool.schedule(
            inspect_file, args=[job], timeout=self._timeout
        )
        return future

    @staticmethod
    def result(future: "Future[Inspection]", *, waiting: Callable[[], None]) -> Inspection:
        """Wait for a file, calling `waiting` about once a second.

        Whatever happened to the process that read it is an answer too.
        """
        while not (future.done() or wait([future], timeout=_WAIT_SECONDS).done):
            waiting()
        try:
            return future.result()
        except FutureTimeoutError:
            return _failed(ProbeFailure.TIMED_OUT, "")
        except ProcessExpired as error:
            return _failed(ProbeFailure.UNREADABLE, f"exit code {error.exitcode}")
        except (ImportError, BrokenExecutor):
            raise  # not the file is broken, but the installation or the pool
        except Exception as error:
            logger.exception("a file could not be read")
            return _failed(ProbeFailure.UNDECODABLE, f"{type(error).__name__}: {error}")


@contextmanager
def inspector(*, processes: int, timeout: float) -> Iterator[Inspector]:
    """A pool for one scan; `timeout` is the seconds that a file may take. Its end kills whoever
    still reads."""
    # Not forked from here: a scan runs in a process with threads and open connections.
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    pool = ProcessPool(max_workers=processes, context=context, initializer=_prepare)
    try:
        yield Inspector(pool, timeout)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]  # whatever is still read nobody waits for
        pool.join()


def inspect_file(job: InspectionJob) -> Inspection:
    """Runs in a process of the pool."""
    from apps.libraries.scan.probe_discs import probe_path  # noqa: PLC0415  (PyAV, only in the pool)

    try:
        content = fingerprint(job.path)
    except OSError as error:
        return _failed(ProbeFailure.UNREADABLE, error.strerror or str(error))
    except DiscError as error:
        return _failed(ProbeFailure.NO_VIDEO, str(error))
    if content in job.candidates:
        return Inspection(None, _name(job), fingerprint=content)
    began = time.perf_counter()
    try:
        probe = probe_path(job.path)
    except ProbeError as error:
        seconds = time.perf_counter() - began
        return Inspection(None, None, error.reason, error.message, content, seconds)
    seconds = time.perf_counter() - began
    return Inspection(probe.to_json(), _name(job), fingerprint=content, seconds=seconds)


def _failed(failure: ProbeFailure, message: str) -> Inspection:
    return Inspection(None, None, failure, message)


def _prepare() -> None:
    end_with_parent()
    # pebble's handler would wait until the reading of a file comes back to Python.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(_NICENESS)
    if sys.platform == "linux":  # elsewhere the limit is refused or means nothing
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def _name(job: InspectionJob) -> dict[str, Any]:
    from apps.libraries.scan.names import parse_movie_path  # noqa: PLC0415  (guessit is heavy)

    parsed = parse_movie_path(
        PurePosixPath(job.relative_path), only_movie_in_folder=job.only_movie_in_folder
    )
    return {**dataclasses.asdict(parsed), "only_movie_in_folder": job.only_movie_in_folder}
