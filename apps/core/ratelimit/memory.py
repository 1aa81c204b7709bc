"""What counts while the server is away: sliding windows in the process."""

import os
import threading
import time

from apps.core.ratelimit.limits import Limit, Verdict, Window


class MemoryWindows:
    """For at most `size` subjects; those of windows that have passed go first."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._windows: dict[str, tuple[int, int, int, float]] = {}  # number, count, before, end
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)

    def check(self, key: str, limit: Limit) -> Verdict:
        """As `checking.check`; a fixed window slides too here."""
        now = time.monotonic()
        number, elapsed = int(now // limit.window), now % limit.window
        with self._lock:
            last, count, before, _ = self._windows.get(key, (number, 0, 0, 0.0))
            if last != number:
                count, before = 0, count if last == number - 1 else 0
            window = Window(count, before, elapsed)
            if window.used(limit) + 1 > limit.burst:
                return window.verdict(limit, is_allowed=False)
            if key not in self._windows and len(self._windows) >= self._size:
                self._make_room(now)
            end = now - elapsed + 2 * limit.window
            self._windows[key] = (number, count + 1, before, end)
        return Window(count + 1, before, elapsed).verdict(limit, is_allowed=True)

    def _make_room(self, now: float) -> None:
        self._windows = {key: held for key, held in self._windows.items() if held[3] > now}
        if len(self._windows) >= self._size:
            self._windows.clear()

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
