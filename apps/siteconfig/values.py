"""Values that clients store: JSON, within bounds."""

import json
import re
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError
from apps.siteconfig.declaring import DataType

Json = str | int | float | bool | dict[str, Any]

MOST_BYTES: Final = 64 * 1024
MOST_DEPTH: Final = 32
_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def checked_key(text: str) -> str:
    """Raises InvalidInputError."""
    if not is_key(text):
        reason = _("1 to 100 letters, digits, dots, colons, hyphens or underscores.")
        raise InvalidInputError(_("The setting's key is not valid."), {"key": [reason]})
    return text


def checked(value: object) -> Json:
    """The value, if PostgreSQL can keep it and it has at most MOST_BYTES as UTF-8.

    Raises InvalidInputError.
    """
    if not isinstance(value, str | int | float | bool | dict):
        raise _invalid(_("A text, a number, true, false or an object."))
    if _depth(value) > MOST_DEPTH:
        raise _invalid(_("Nested too deeply."))
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except ValueError:  # no number, or half of a surrogate pair
        raise _invalid(_("The value cannot be stored.")) from None
    if "\\u0000" in text.replace("\\\\", ""):
        raise _invalid(_("The text must not contain null characters."))
    if size > MOST_BYTES:
        raise _invalid(_("At most %(most)d bytes.") % {"most": MOST_BYTES})
    return value


def data_type_of(value: Json) -> DataType:
    match value:
        case bool():
            return DataType.BOOLEAN
        case int():
            return DataType.INTEGER
        case float():
            return DataType.FLOAT
        case str():
            return DataType.STRING
        case _:
            return DataType.JSON


def _depth(value: object) -> int:
    """How many objects and arrays lie within each other, counted no further than needed."""
    depth, level = 0, [value]
    while level and depth <= MOST_DEPTH:
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        depth, level = depth + 1, inner
    return depth


def _invalid(reason: str) -> InvalidInputError:
    return InvalidInputError(_("The setting's value is not valid."), {"value": [reason]})
