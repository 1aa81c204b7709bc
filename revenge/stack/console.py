"""What the person who started the stack sees."""

import os
import sys
import time
from enum import StrEnum
from typing import TextIO

from revenge.stack.child import Child, State
from revenge.stack.failure import StackError


class Colour(StrEnum):
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    DIM = "2"
    BOLD = "1"


_COLOURS: dict[str, Colour] = {
    State.READY: Colour.GREEN,
    State.DONE: Colour.GREEN,
    State.RESTARTING: Colour.YELLOW,
    State.STOPPED: Colour.DIM,
    State.FAILED: Colour.RED,
}
_WIDTH = 14


class Console:
    """One line for each change that matters; colours only on a terminal, unless NO_COLOR is set."""

    def __init__(self, out: TextIO = sys.stdout, *, output_of_parts: bool = False) -> None:
        self._out = out
        self._colours = out.isatty() and not os.environ.get("NO_COLOR")
        self._output_of_parts = output_of_parts
        self._begun: dict[str, float] = {}

    def changed(self, child: Child) -> None:
        name, state = child.part.name, child.state
        now = time.monotonic()
        if state is State.STARTING:
            self._begun[name] = now
        if state in {State.STARTING, State.STOPPING}:
            return
        timed = state in {State.READY, State.DONE}
        self.part(name, state, f"{now - self._begun[name]:5.1f} s" if timed else "")

    def part(self, name: str, state: str, remark: str = "") -> None:
        colour = _COLOURS.get(state)
        painted = self._paint(f"{state:<{_WIDTH}}", colour)
        self.line(f"  {name:<{_WIDTH}} {painted} {remark}".rstrip())

    def said(self, child: Child, line: str) -> None:
        if self._output_of_parts:
            self.line(self._paint(f"{child.part.name:>{_WIDTH}} | ", Colour.DIM) + line)

    def address(self, address: str) -> None:
        self.line("")
        self.line(f"revenge is at {self._paint(address, Colour.BOLD)}")

    def failure(self, error: StackError) -> None:
        for line in error.details:
            self.line(self._paint(f"  | {line}", Colour.DIM))
        self.line(self._paint(f"error: {error}", Colour.RED))

    def line(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except OSError:
            return  # the terminal is gone; the stack goes on

    def _paint(self, text: str, colour: Colour | None) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._colours and colour else text
