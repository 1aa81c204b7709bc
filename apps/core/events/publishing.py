"""Telling what happened."""

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from apps.core import metrics
from apps.core.events.types import Event, EventType
from apps.core.valkey.clients import AWAY, client

logger = logging.getLogger(__name__)

STREAM: Final = f"{settings.KEY_PREFIX}:events"
KEPT: Final = 5000
"""About so many events can be had again by who was away for a moment."""


def publish(kind: EventType, data: Mapping[str, Any], *, topics: Iterable[str] = ()) -> None:
    """Tell administrators, and whoever hears one of the topics, once the open transaction commits.

    Never fails. While the server of events is away nobody is told; clients learn of that.
    """
    event = Event.of(kind, data, frozenset(topics))
    transaction.on_commit(partial(_send, event), robust=True)


def _send(event: Event) -> None:
    try:
        client().xadd(STREAM, event.fields(), maxlen=KEPT, approximate=True)
    except AWAY as error:
        logger.debug("nobody is told of %s: %s", event.type, error)
    else:
        metrics.EVENTS_PUBLISHED.labels(event.category).inc()
