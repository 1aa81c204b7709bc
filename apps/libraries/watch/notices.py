"""Hearing that libraries have changed."""

import time
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from apps.core.valkey.clients import AWAY, subscriber
from apps.libraries.watch.targets import CHANNEL

if TYPE_CHECKING:
    from apps.core.valkey.interface import Subscription

_PING_SECONDS: Final = 15.0
_RETRY_SECONDS: Final = 1.0


class Notices:
    """For one thread."""

    def __init__(self) -> None:
        self._pubsub: Subscription | None = None
        self._is_silent = False

    def wait(self, seconds: float) -> bool:
        """Whether libraries have changed, or may have while nothing could be heard; False after
        so many seconds at most."""
        try:
            return self._next(min(seconds, _PING_SECONDS))
        except AWAY:
            self._leave()
            time.sleep(min(seconds, _RETRY_SECONDS))
            return False

    def _next(self, seconds: float) -> bool:
        if self._pubsub is None:
            self._pubsub = subscriber().pubsub()
            self._pubsub.subscribe(CHANNEL)
        message = self._pubsub.get_message(timeout=seconds)
        if message is not None:
            self._is_silent = False
            return self._is_told(message)
        if seconds == _PING_SECONDS:
            if self._is_silent:
                raise TimeoutError("the server is silent")
            self._is_silent = True
            self._pubsub.ping()
        return False

    def _is_told(self, message: Mapping[str, Any] | None) -> bool:
        """Whether this message tells it, or one of those that wait behind it: of many that came
        while nobody listened one is enough."""
        is_told = False
        while message is not None and self._pubsub is not None:
            is_told = is_told or message["type"] in {"subscribe", "message"}
            message = self._pubsub.get_message(timeout=0.0)
        return is_told

    def _leave(self) -> None:
        if self._pubsub is not None:
            with closing(self._pubsub):
                self._pubsub = None
        self._is_silent = False
