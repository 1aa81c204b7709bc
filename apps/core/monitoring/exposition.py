"""`/metrics`: the figures of all processes as text.

Only the realtime process answers it, on a port of the edge's own (`revenge.stack.engines.caddy`).
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from apps.core.monitoring import folder
from apps.core.monitoring.sources import sources
from apps.core.monitoring.values import FOLDER_VARIABLE

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/metrics"
_OURS = ("revenge_", "django_")


class _AllProcesses(Collector):
    """What processes have counted, what sources say, and the names of what nobody counted yet."""

    def collect(self) -> Iterator[Metric]:
        counted = {metric.name: metric for metric in _counted()}
        for declared in REGISTRY.collect():
            if declared.name.startswith(_OURS):
                yield counted.pop(declared.name, declared)
        yield from counted.values()
        yield from sources.collect()


def _counted() -> list[Metric]:
    directory = os.environ.get(FOLDER_VARIABLE)
    try:
        return folder.read(Path(directory)) if directory else []
    except (OSError, RuntimeError, ValueError):
        logger.exception("the processes' figures cannot be read")
        return []


def exposition(accept: str = "") -> tuple[bytes, str]:
    """The text, and its Content-Type: OpenMetrics for those who ask for it."""
    registry = CollectorRegistry()
    registry.register(_AllProcesses())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def with_metrics(application: Application) -> Application:
    """Answers PATH itself and leaves everything else to `application`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await application(scope, receive, send)
            return
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        body, content_type = await asyncio.to_thread(exposition, accept)
        headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer
