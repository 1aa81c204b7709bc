"""What a limit is."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_WRITTEN: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,7})")


class Tier(StrEnum):
    """How a route is limited by the caller's address (see `apps.core.policy`), and its API by who
    calls."""

    GLOBAL = "global"
    AUTH = "auth"
    MEDIA = "media"
    NONE = "none"
    USER = "user"
    """What one user may ask of the API, from all addresses together."""
    KEY = "key"
    """The same for one API key, which does not count as its user."""


class Algorithm(StrEnum):
    SLIDING = "sliding"
    """No stretch of a window's length holds more: the count of the window before is weighted by
    how much of it the stretch still covers."""
    FIXED = "fixed"
    """Windows begin with a first request; two of them may meet. One counter, the cheapest."""


@dataclass(frozen=True)
class Limit:
    """`burst` requests at once, `rate` a second in the long run: at most `burst` within a window
    of `burst / rate` seconds."""

    rate: float
    burst: int
    algorithm: Algorithm = Algorithm.SLIDING

    @property
    def window(self) -> float:
        """Seconds."""
        return self.burst / self.rate

    @classmethod
    def parse(cls, text: str, algorithm: Algorithm = Algorithm.SLIDING) -> "Limit | None":
        """Of `RATE/BURST` in whole numbers, or `off`. Raises ValueError."""
        if text == "off":
            return None
        written = _WRITTEN.fullmatch(text)
        if not written or not (int(written[1]) and int(written[2])):
            raise ValueError(f"{text!r} is not RATE/BURST, such as 50/100, or off")
        return cls(int(written[1]), int(written[2]), algorithm)


@dataclass(frozen=True, slots=True)
class Verdict:
    is_allowed: bool
    limit: int
    remaining: int
    """Requests that would be allowed now."""
    retry_after: float
    """Seconds until one is allowed; 0 when this one was."""
    reset_after: float
    """Seconds until all are allowed again."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window at some moment: its count so far, and that of the window before."""

    count: int
    before: int
    elapsed: float
    """Seconds since it began."""

    def used(self, limit: Limit) -> float:
        return self.count + self.before * (1 - self.elapsed / limit.window)

    def verdict(self, limit: Limit, *, is_allowed: bool) -> Verdict:
        return Verdict(
            is_allowed=is_allowed,
            limit=limit.burst,
            remaining=max(0, int(limit.burst - self.used(limit))),
            retry_after=0 if is_allowed else self._retry_after(limit),
            reset_after=limit.window * (2 if self.count else 1) - self.elapsed,
        )

    def _retry_after(self, limit: Limit) -> float:
        """Solves `used(elapsed) + 1 <= burst` for `elapsed`, in this window or the next."""
        free = limit.burst - 1 - self.count
        if free >= 0:
            return limit.window * (1 - free / self.before) - self.elapsed
        return limit.window * (2 - (limit.burst - 1) / self.count) - self.elapsed
