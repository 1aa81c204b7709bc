"""Typed reading of environment variables.

Every getter takes the variable's name and the value to return when it is not set. A variable set
to the empty string counts as not set, so that `NAME=` in a compose file means the default. A
variable may also come from a file: `NAME_FILE` names it and its content, stripped, is the value.
All getters raise `EnvError` when the value cannot be used or when both forms are set.
"""

import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")

T = TypeVar("T")
D = TypeVar("D")
S = TypeVar("S", bound=str)


class EnvError(ValueError):
    """An environment variable has a value that cannot be used."""


def text(name: str, default: D) -> str | D:
    return _get(name, default, lambda value: value)


def secret(name: str, default: D) -> str | D:
    """Like `text`; for values that no message may show."""
    return text(name, default)


def boolean(name: str, default: D) -> bool | D:
    def parse(value: str) -> bool:
        lowered = value.lower()
        if lowered not in _TRUE + _FALSE:
            _refuse(name, value, "one of " + ", ".join(_TRUE + _FALSE))
        return lowered in _TRUE

    return _get(name, default, parse)


def integer(
    name: str, default: D, *, minimum: int | None = None, maximum: int | None = None
) -> int | D:
    accepted = "a whole number" + _bounds(minimum, maximum)

    def parse(value: str) -> int:
        # int() would also take "1_000" and digits of other scripts.
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            _refuse(name, value, accepted)
        parsed = int(value)
        if not _within(parsed, minimum, maximum):
            _refuse(name, value, accepted)
        return parsed

    return _get(name, default, parse)


def number(
    name: str, default: D, *, minimum: float | None = None, maximum: float | None = None
) -> float | D:
    """A finite decimal number."""
    accepted = "a number" + _bounds(minimum, maximum)

    def parse(value: str) -> float:
        try:
            parsed = float(value)
        except ValueError:
            _refuse(name, value, accepted)
        if not math.isfinite(parsed) or not _within(parsed, minimum, maximum):
            _refuse(name, value, accepted)
        return parsed

    return _get(name, default, parse)


def url(name: str, default: D, *, schemes: Iterable[str] = ("http", "https")) -> str | D:
    """A URL with one of `schemes`. Messages leave out its credentials and its query."""
    prefixes = tuple(f"{scheme}://" for scheme in schemes)

    def parse(value: str) -> str:
        if not value.lower().startswith(prefixes) or not _has_location(value):
            shown = re.sub(r"\?.*", "?…", re.sub(r"//.*@", "//…@", value))
            _refuse(name, shown, "a URL that begins with " + _one_of(prefixes))
        return value

    return _get(name, default, parse)


def path(name: str, default: D) -> Path | D:
    """A path with `~` expanded; whether it exists is the caller's business."""
    return _get(name, default, lambda value: Path(value).expanduser())


def csv(name: str, default: D) -> tuple[str, ...] | D:
    """The parts between commas, stripped, empty ones left out."""

    def parse(value: str) -> tuple[str, ...]:
        return tuple(part for part in map(str.strip, value.split(",")) if part)

    return _get(name, default, parse)


def choice(name: str, choices: Iterable[S], default: D) -> S | D:
    """One of `choices`, which may be a `StrEnum` class: then its member."""
    by_value = {str(member): member for member in choices}

    def parse(value: str) -> S:
        if value not in by_value:
            _refuse(name, value, _one_of(by_value))
        return by_value[value]

    return _get(name, default, parse)


def _get(name: str, default: D, parse: Callable[[str], T]) -> T | D:
    value = _read(name)
    return default if value is None else parse(value)


def _read(name: str) -> str | None:
    value = os.environ.get(name) or None
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return value
    if value is not None:
        msg = f"{name} and {name}_FILE are both set; set only one of them"
        raise EnvError(msg)
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        msg = f"{name}_FILE={file!r} cannot be read: {reason}"
        raise EnvError(msg) from error
    return content or None


def _has_location(value: str) -> bool:
    try:
        parts = urlsplit(value)
        hosts = parts.netloc.rpartition("@")[2].split(",")
        ports = [urlsplit(f"//{host}").port for host in hosts]
        return bool(parts.netloc or parts.path) and 0 not in ports
    except ValueError:
        return False


def _within(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum} to {maximum}"
    if minimum is not None:
        return f", at least {minimum}"
    return "" if maximum is None else f", at most {maximum}"


def _one_of(values: Iterable[str]) -> str:
    return " or ".join(values)


def _refuse(name: str, value: str, accepted: str) -> NoReturn:
    msg = f"{name}={value!r} is not accepted: give {accepted}"
    raise EnvError(msg)
