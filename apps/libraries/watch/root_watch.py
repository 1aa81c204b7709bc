"""One watched root: a thread, so that a disk that hangs holds up no other."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings

from apps.core import metrics
from apps.libraries.watch import kernel
from apps.libraries.watch.interest import Interest
from apps.libraries.watch.listening import Event, InstanceLimitError, Listener, ListeningError
from apps.libraries.watch.report import Mode, Reason, RootState
from apps.libraries.watch.settling import Settling
from apps.libraries.watch.targets import Target

logger = logging.getLogger(__name__)

Offer = Callable[[Target, list[str], float | None], None]
"""What is to be scanned, and when it changed; None when nobody knows."""

_LOOK_SECONDS: Final = 2.0
"""How often it is seen whether the root is there, and still the same."""
_VERIFY_SECONDS: Final = 60.0
_CALM_SECONDS: Final = 300.0
_FIRST_PAUSE: Final = 1.0


class RootWatch(threading.Thread):
    """Watches, and polls where nothing is told of changes.

    The beginning of each session has the whole root looked at, and so does whatever may have lost
    an event.
    """

    def __init__(self, target: Target, *, offer: Offer, changed: Callable[[], None]) -> None:
        """`changed` hears of every new `state`."""
        super().__init__(name=f"watch {target.path}", daemon=True)
        self.target = target
        self.state = RootState()
        self.folders = 0
        """So many are watched."""
        self._offer = offer
        self._changed = changed
        self._ended = threading.Event()
        self._pause = _FIRST_PAUSE
        self._settling = Settling(
            Interest(target.path, target.exclude), quiet=settings.WATCH_SETTLE_SECONDS
        )

    def end(self) -> None:
        self._ended.set()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._session()
            except ListeningError as error:
                self._try_again(str(error))
            except Exception as error:
                logger.exception("%s is not watched for a while", self.target.path)
                self._try_again(f"{type(error).__name__}: {error}")

    def _try_again(self, why: str) -> None:
        """Looks at all of it meanwhile, less and less often as long as it goes wrong."""
        self._set(RootState(Mode.POLLED, Reason.ERROR, why))
        self._offer_root()
        self._ended.wait(self._pause)
        self._pause = min(2 * self._pause, settings.WATCH_POLL_SECONDS)

    def _session(self) -> None:
        """As long as the root is the same folder of the same file system."""
        place = _place(self.target.path)
        if place is None:
            self._set(RootState(Mode.AWAY))
            self._ended.wait(_LOOK_SECONDS)
            return
        silent = kernel.silent_mounts(self.target.path)
        holding = [mount for mount in silent if kernel.holds(mount, self.target.path)]
        if holding:
            self._poll(RootState(Mode.POLLED, Reason.FILE_SYSTEM, holding[0].type))
            return
        try:
            listener = Listener(self.target.path)
        except InstanceLimitError:
            number = 2 * (kernel.limit("max_user_instances") or 64)
            self._poll(RootState(Mode.POLLED, Reason.INSTANCE_LIMIT, number=number))
            return
        try:
            with listener:
                self._listen(place, listener, silent)
        finally:
            self.folders = 0

    def _poll(self, state: RootState) -> None:
        """Once; the next session sees whether it can be watched by now."""
        self._set(state)
        self._offer_root()
        self._ended.wait(settings.WATCH_POLL_SECONDS)

    def _listen(
        self, place: tuple[int, int], listener: Listener, silent: list[kernel.Mount]
    ) -> None:
        began = time.monotonic()
        look_at, verify_at = began + _LOOK_SECONDS, math.inf
        self.folders = listener.watched
        self._set(_state(listener, silent))
        self._offer_root()
        while not self._ended.is_set():
            events = listener.wait(self._patience())
            now = time.monotonic()
            is_new = self._note(events, now)
            if _is_outdated(listener, events):
                return
            if is_new:
                verify_at = min(verify_at, now + _VERIFY_SECONDS)
            if listener.is_flooded:
                self._settling.everything(now)
            self._offer_settled(now)
            if now >= look_at:
                look_at = now + _LOOK_SECONDS
                if _place(self.target.path) != place:
                    return
            if now >= verify_at:
                verify_at = math.inf
                listener.verify()
                self.folders = listener.watched
                self._set(_state(listener, silent))
            if now - began >= _CALM_SECONDS:
                self._pause = _FIRST_PAUSE
            if self.state.mode is Mode.PARTLY and now - began >= settings.WATCH_POLL_SECONDS:
                return  # the next session looks at all of it, and tries again to watch it

    def _note(self, events: list[Event], now: float) -> bool:
        """Whether something is new, and perhaps a folder that is to be watched too."""
        metrics.WATCH_EVENTS.inc(len(events))
        for is_new, path in events:
            self._settling.note(path, now, is_new=is_new)
        return any(is_new for is_new, _path in events)

    def _patience(self) -> float:
        due_at = self._settling.due_at
        wait = _LOOK_SECONDS if due_at is None else due_at - time.monotonic()
        return min(wait, _LOOK_SECONDS)

    def _offer_settled(self, now: float) -> None:
        paths = self._settling.settled(now)
        if paths:
            self._offer(self.target, paths, self._settling.changed_at)

    def _offer_root(self) -> None:
        self._offer(self.target, [self.target.path], None)

    def _set(self, state: RootState) -> None:
        if state != self.state:
            self.state = state
            logger.info("%s: %s %s %s", self.target.path, state.mode, state.reason, state.detail)
            self._changed()


def _state(listener: Listener, silent: list[kernel.Mount]) -> RootState:
    if listener.unwatched:
        enough = kernel.enough_watches(listener.unwatched)
        return RootState(Mode.PARTLY, Reason.WATCH_LIMIT, number=enough)
    if silent:
        return RootState(Mode.PARTLY, Reason.FILE_SYSTEM, silent[0].type)
    if listener.unreadable:
        return RootState(Mode.WATCHED, Reason.UNREADABLE, listener.unreadable[0])
    return RootState(Mode.WATCHED)


def _is_outdated(listener: Listener, events: list[Event]) -> bool:
    """Whether there is a folder that it does not see, or one that can perhaps be read by now."""
    return any(
        path in listener.unreadable
        or (is_new and not listener.sees_new_folders and os.path.isdir(path))  # noqa: PTH112  (as below)
        for is_new, path in events
    )


def _place(path: str) -> tuple[int, int] | None:
    """What tells a folder from another that was mounted over it; None when there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (a Path for each look is waste)
    except OSError:
        return None
    return status.st_dev, status.st_ino
