"""What a part of the stack is."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern

from revenge.stack.account import Account

# Asked with the part's process id until it says yes.
Probe = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class StopStep:
    """Send `signal`, then give the part `seconds` to end."""

    signal: signal.Signals
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process.

    `command` begins with an absolute path. `environment` is all of the child's. `before_start`
    runs before every start. A part is ready when `ready` says so, or when a line of its output
    matches `ready_line`. `required` parts that end, or are not ready after `start_seconds`, at the
    first start stop the whole start; others are tried again. With `zygote`, the socket of
    `revenge.preload`, a `command` of the form PYTHON -m MODULE … is forked there.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    stops: tuple[StopStep, ...]
    ready: Probe | None = None
    ready_line: Pattern[str] | None = None
    before_start: Callable[[], None] | None = None
    account: Account | None = None
    zygote: Path | None = None
    required: bool = True
    start_seconds: float = 60

    @property
    def death_signal(self) -> signal.Signals:
        """What the part gets when the supervisor was killed: the last polite step."""
        return self.stops[-1].signal


@dataclass(frozen=True, slots=True)
class Engine:
    """A part that others reach by the variables in `exports`."""

    part: Part
    exports: Mapping[str, str] = field(default_factory=dict)
