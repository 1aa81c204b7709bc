"""Waits until a library is to be watched, and forks the process that does it.

A process that has asked the database, even once, has more memory of its own than this one.
"""

import logging
import platform
import signal
import sys
import time
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from apps.libraries.watch import report
from apps.libraries.watch.notices import Notices
from apps.libraries.watch.process import Watcher
from revenge.processes import end_with_parent

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

logger = logging.getLogger(__name__)

_LOOK_EVERY: Final = 300.0
"""Seconds. A change is heard of at once; this is for one that was not."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Standby:
    """Has one thread only, and may fork."""

    def __init__(self) -> None:
        self._process: ForkProcess | None = None
        self._is_stopping = False

    def run(self) -> int:
        """Until a signal to stop; answers the exit code, which is a failed watcher's."""
        for number in _SIGNALS:
            signal.signal(number, lambda *_: self._stop())
        logger.info("watcher ready")
        notices = Notices()
        while not self._is_stopping:
            code = self._watch()
            if code and not self._is_stopping:
                return code
            self._wait(notices)
        return 0

    def _watch(self) -> int:
        """As long as there is something to watch."""
        self._process = get_context("fork").Process(target=_watch, name="watcher")
        self._process.start()
        self._process.join()
        return self._process.exitcode or 0

    def _wait(self, notices: Notices) -> None:
        until = time.monotonic() + _LOOK_EVERY
        told_at = 0.0
        while not self._is_stopping and (now := time.monotonic()) < until:
            if now >= told_at:
                report.tell({})
                told_at = now + report.HEARTBEAT_SECONDS
            if notices.wait(told_at - now):
                return

    def _stop(self) -> None:
        self._is_stopping = True
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
        else:
            sys.exit(0)


def main() -> int:
    """Runs until it is stopped; answers the exit code."""
    # Elsewhere a fork without exec is not safe with the system's libraries.
    if platform.system() == "Linux":
        return Standby().run()
    watcher = Watcher(is_alone=True)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: watcher.stop())
    logger.info("watcher ready")
    watcher.run()
    return 0


def _watch() -> None:
    watcher = Watcher()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: watcher.stop())
    end_with_parent()
    watcher.run()
