"""What this process' threads do: their stacks, looked at every few milliseconds."""

import os
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType

from pyinstrument.low_level.stat_profile import get_frame_info
from pyinstrument.renderers import HTMLRenderer, SpeedscopeRenderer
from pyinstrument.session import Session

from apps.core.errors import ConflictError

INTERVAL_SECONDS = 0.005
MAX_SECONDS = 60.0
RENDERERS: Mapping[str, type[HTMLRenderer | SpeedscopeRenderer]] = {
    "html": HTMLRenderer,
    "speedscope": SpeedscopeRenderer,
}
_running = threading.Lock()


def profile(seconds: float) -> Session:
    """Watch all threads but this one for `seconds`. Raises ConflictError while another watches."""
    if not _running.acquire(blocking=False):
        raise ConflictError("A profile is being taken already")
    try:
        return _watch(min(seconds, MAX_SECONDS))
    finally:
        _running.release()


def _watch(seconds: float) -> Session:
    records: list[tuple[list[str], float]] = []
    started, cpu_started = time.time(), time.process_time()
    begin = last = time.perf_counter()
    rounds = 0
    while last - begin < seconds:
        time.sleep(INTERVAL_SECONDS)
        now = time.perf_counter()
        records += [(stack, now - last) for stack in _stacks()]
        last = now
        rounds += 1
    # A thread's samples side by side are one tree; mixed with others' each would be a tiny one.
    records.sort(key=lambda record: record[0][0])
    return Session(
        frame_records=records,
        start_time=started,
        duration=last - begin,
        min_interval=INTERVAL_SECONDS,
        max_interval=INTERVAL_SECONDS,
        sample_count=rounds,
        start_call_stack=["none that all threads share"],
        target_description=f"process {os.getpid()}",
        cpu_time=time.process_time() - cpu_started,
        sys_path=sys.path,
        sys_prefixes=[sys.prefix, sys.base_prefix],
    )


def _stacks() -> list[list[str]]:
    """Each thread's stack, outermost first, below the thread's name."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    here = threading.get_ident()
    return [
        [f"{names.get(ident, 'thread')}\0<thread>\0{ident}", *_stack(frame)]
        for ident, frame in sys._current_frames().items()  # noqa: SLF001  (documented)
        if ident != here
    ]


def _stack(frame: FrameType | None) -> list[str]:
    stack = []
    while frame is not None:
        stack.append(get_frame_info(frame))
        frame = frame.f_back
    return stack[::-1]
