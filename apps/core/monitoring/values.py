"""Where `prometheus_client` keeps its numbers: in a file of each process, in a folder of all.

The package's own multiprocess mode opens the files when a figure is declared, and names them by
process id. Here every part is forked from one process that has declared all figures and counts
none, and parts in several containers may share the folder. So a file is made at a process' first
count and has a name that no other process has. The process holds a lock that ends with it, however
it ends; whoever reads the folder takes over the sums of those that are gone.

Only where PROMETHEUS_MULTIPROC_DIR is set: commands count in their own memory.
"""

import fcntl
import logging
import os
import threading
from pathlib import Path
from typing import Any, Protocol

from prometheus_client import disable_created_metrics, values

from apps.core.ids import new_id

logger = logging.getLogger(__name__)

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_KINDS = ("counter", "gauge_livesum", "histogram")
_FILE_BYTES = 256 * 1024


class _Number(Protocol):
    def inc(self, amount: float) -> None: ...
    def set(self, value: float, timestamp: float | None = None) -> None: ...
    def get(self) -> float: ...


class _Process:
    """This process' numbers: none before the first count; none of the parent's after a fork."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.declared: list[ProcessValue] = []
        self.kind: Any = None
        self.descriptor = -1

    def begin(self) -> None:
        with self.lock:
            if self.kind is None:
                self.kind = self._open()
                for value in self.declared:
                    value.number = self.kind(*value.arguments, **value.keywords)

    def _open(self) -> Any:  # noqa: ANN401  (a class that the package makes)
        folder = Path(os.environ[FOLDER_VARIABLE])
        name = new_id().hex
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.descriptor = _locked(folder, name)
            for kind in _KINDS:
                _allocate(folder / f"{kind}_{name}.db")
        except OSError as error:
            logger.warning("this process is not counted: %s", error)
            return values.MutexValue
        return values.MultiProcessValue(process_identifier=lambda: name)

    def forked(self) -> None:
        self.lock = threading.Lock()
        if self.kind is None:
            return  # what is not written to stays shared
        if self.descriptor >= 0:
            os.close(self.descriptor)  # the lock stays the parent's
        for value in self.declared:
            value.number = None
        self.kind, self.descriptor = None, -1


class ProcessValue:
    """The package's interface of a number (`prometheus_client.values`)."""

    _multiprocess = True

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self.arguments, self.keywords = arguments, keywords
        self.number: _Number | None = None
        with _process.lock:
            _process.declared.append(self)
            if _process.kind is not None:
                self.number = _process.kind(*arguments, **keywords)

    def inc(self, amount: float) -> None:
        (self.number or self._begin()).inc(amount)

    def set(self, value: float, timestamp: float | None = None) -> None:
        (self.number or self._begin()).set(value, timestamp)

    def get(self) -> float:
        return self.number.get() if self.number else 0.0

    def set_exemplar(self, exemplar: object) -> None:
        """The files hold none."""

    def get_exemplar(self) -> None:
        return None

    def _begin(self) -> _Number:
        _process.begin()
        assert self.number is not None  # noqa: S101  (begin() has made it)
        return self.number


_process = _Process()


def install() -> None:
    """Once, before the first figure is declared."""
    disable_created_metrics()
    if os.environ.get(FOLDER_VARIABLE):
        values.ValueClass = ProcessValue
        os.register_at_fork(after_in_child=_process.forked)


def _locked(folder: Path, name: str) -> int:
    """Under its final name a lock is always held, or its process has ended."""
    temporary = folder / f"{name}.new"
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    temporary.rename(folder / f"{name}.lock")
    return descriptor


def _allocate(path: Path) -> None:
    """A hole that cannot be filled on a full disk would kill the process that writes into it."""
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
        else:
            file.write(bytes(_FILE_BYTES))
