"""Reading the numbers of all processes (`values`), the sums of those that have ended included."""

import fcntl
import logging
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)

_SUMMED = ("counter", "histogram")
_ENDED = "ended"


def read(folder: Path) -> list[Metric]:
    """All figures that a process has counted; none when there is no folder. Raises OSError."""
    if not folder.is_dir():
        return []
    with _alone(folder):
        _take_over(folder)
        return list(MultiProcessCollector(None, path=str(folder)).collect())


def _take_over(folder: Path) -> None:
    """Add up what processes that have ended counted, and remove their files."""
    ended = [lock for lock in folder.glob("*.lock") if not _is_held(lock)]
    if not ended:
        return
    for kind in _SUMMED:
        files = [path for lock in ended if (path := folder / f"{kind}_{lock.stem}.db").exists()]
        _add_up(folder / f"{kind}_{_ENDED}.db", files)
    for lock in ended:
        for path in folder.glob(f"*_{lock.stem}.db"):
            path.unlink(missing_ok=True)
        lock.unlink()


def _add_up(target: Path, files: Iterable[Path]) -> None:
    sources = [str(path) for path in (target, *files) if path.exists() and _is_whole(path)]
    temporary = target.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    sums = MmapedDict(str(temporary))
    for metric in MultiProcessCollector.merge(sources, accumulate=False):
        for sample in metric.samples:
            key = mmap_key(
                metric.name,
                sample.name,
                list(sample.labels),
                list(sample.labels.values()),
                metric.documentation,
            )
            sums.write_value(key, sample.value, 0.0)
    sums.close()
    temporary.replace(target)


def _is_whole(path: Path) -> bool:
    """A process that is killed while its file grows may leave half an entry."""
    try:
        MultiProcessCollector.merge([str(path)], accumulate=False)
    except (RuntimeError, ValueError, struct.error) as error:
        logger.warning("what a process has counted is lost: %s", error)
        return False
    return True


def _is_held(lock: Path) -> bool:
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
