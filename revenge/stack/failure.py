"""The one error of the stack."""

from collections.abc import Iterable


class StackError(Exception):
    """The stack cannot start or go on.

    The message is one line for the person at the console; `details` are the last log lines of the
    part that is the cause.
    """

    def __init__(self, message: str, details: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)
