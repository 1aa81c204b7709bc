"""How long statements take: a histogram for all, a line in the log for slow ones."""

import logging
import re
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.backends.postgresql.base import CursorDebugWrapper
from django.db.backends.utils import CursorWrapper

from apps.core import metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import _ExecuteParameters, _ExecuteQuery
    from prometheus_client import Histogram

logger = logging.getLogger(__name__)

_OPERATIONS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})
_FIRST_WORD = re.compile(r"[\s(]*([A-Z]+)")
_SHOWN = 2000
"""Characters of a slow statement."""


class TimedCursor(CursorWrapper):
    def execute(self, sql: "_ExecuteQuery", params: "_ExecuteParameters" = None) -> object:
        begin = perf_counter()
        try:
            return super().execute(sql, params)
        finally:
            _record(sql, perf_counter() - begin)

    def executemany(
        self, sql: "_ExecuteQuery", param_list: "Sequence[_ExecuteParameters]"
    ) -> object:
        begin = perf_counter()
        try:
            return super().executemany(sql, param_list)
        finally:
            _record(sql, perf_counter() - begin)


class TimedDebugCursor(TimedCursor, CursorDebugWrapper):
    """The same where Django keeps the statements too."""


def _record(sql: object, seconds: float) -> None:
    text = sql if isinstance(sql, str) else "(composed)"  # which may hold values
    word = _FIRST_WORD.match(text)
    operation = word[1] if word and word[1] in _OPERATIONS else "OTHER"
    _histogram(operation).observe(seconds)
    if seconds >= settings.DB_SLOW_SECONDS:
        # Without its parameters, which may be secrets.
        shown = " ".join(text[:_SHOWN].split())
        logger.warning("slow statement, %.0f ms: %s", 1000 * seconds, shown)


@cache
def _histogram(operation: str) -> "Histogram":
    return metrics.DB_QUERY_SECONDS.labels(operation.lower())
