"""Values of NFO elements, as tolerant as the files are careless."""

import datetime as dt
import math
import re
from typing import Final
from xml.etree.ElementTree import Element  # a type; defusedxml does the parsing

MAX_TEXT: Final = 20_000
MAX_ITEMS: Final = 1_000

_DIGITS: Final = re.compile(r"\d{1,9}")
_GROUPED: Final = re.compile(r"(?<=\d)[,.\s](?=\d{3}(?:\D|$))")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WEB_URL: Final = re.compile(r"https?://[^\s<>\"']{1,2000}", re.IGNORECASE)
_KODI_YOUTUBE: Final = re.compile(r"plugin://plugin\.video\.youtube/.*\bvideo_?id=([\w-]{11})\b")


def text(root: Element, *tags: str) -> str | None:
    """The text of the first of ``tags`` that has any."""
    return next((value for tag in tags for value in texts(root, tag)), None)


def texts(root: Element, tag: str) -> tuple[str, ...]:
    """The different texts of all elements ``tag`` directly below ``root``, in their order."""
    values = (clean(element.text) for element in root.findall(tag)[:MAX_ITEMS])
    return tuple(dict.fromkeys(value for value in values if value))


def listed(root: Element, tag: str) -> tuple[str, ...]:
    """Like `texts`, with "Action / Drama" taken apart."""
    parts = (part.strip() for value in texts(root, tag) for part in value.split(" / "))
    return tuple(dict.fromkeys(part for part in parts if part))


def clean(value: str | None) -> str:
    """Text without control characters and outer space, of bounded length."""
    return _CONTROL.sub("", value or "").strip()[:MAX_TEXT]


def integer(value: str | None) -> int | None:
    """The first number in a text: 136 for "136 min", 12345 for "12,345"."""
    match = _DIGITS.search(_GROUPED.sub("", value or ""))
    return int(match[0]) if match else None


def decimal(value: str | None) -> float | None:
    """A finite number, also with a decimal comma."""
    try:
        number = float((value or "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def moment(value: str | None) -> dt.datetime | None:
    """A date or a date and time in ISO 8601 order; one without a zone is UTC."""
    try:
        parsed = dt.datetime.fromisoformat((value or "").strip())
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def web_url(value: str | None) -> str | None:
    """An http or https URL; Kodi's YouTube links become ordinary ones."""
    stripped = (value or "").strip()
    if match := _KODI_YOUTUBE.match(stripped):
        return f"https://www.youtube.com/watch?v={match[1]}"
    return stripped if _WEB_URL.fullmatch(stripped) else None
