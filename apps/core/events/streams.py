"""Server-sent events, outside of Django: a connection that stays open for days holds neither one
of its threads nor one of its database connections.

Django answers the request, with all that belongs to it: limits, sign-in, policy. Its view leaves
the subscription in the ASGI scope; then the answer goes on here.
"""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from django.http import HttpRequest

from apps.core.api.errors import error_body
from apps.core.errors import TooManyAttemptsError
from apps.core.events.connections import PAUSED, RESET, Connection, Subscription
from apps.core.events.hub import Hub, hub
from apps.core.events.types import position_text
from apps.core.monitoring.exposition import Application, Receive, Scope, Send

logger = logging.getLogger(__name__)

CONTENT_TYPE: Final = "text/event-stream"
KEEPALIVE: Final = b": keepalive\n\n"
_AWAY_SECONDS: Final = 2
_RETRY_AFTER: Final = 30
_KEY: Final = "revenge.events"
_RECONNECT_MILLISECONDS: Final = (2000, 5000)


def opening() -> bytes:
    """Tells a client when to come back after its stream has ended: not all at one moment, when it
    is the process that has."""
    return b"retry: %d\n\n" % random.randint(*_RECONNECT_MILLISECONDS)  # noqa: S311  (no secret)


def hand_over(request: HttpRequest, subscription: Subscription) -> None:
    """Have the answer to this request go on with events."""
    scope = getattr(request, "scope", None)  # a request of WSGI has none
    if scope is not None:
        scope[_KEY] = subscription


def with_events(application: Application, events: Hub = hub) -> Application:
    """Goes on with the answers that `application` has handed over."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Mapping[str, Any]] = []

        async def hold(message: Mapping[str, Any]) -> None:
            if _KEY in scope and scope["method"] == "GET":
                held.append(message)
            else:
                await send(message)

        await application(scope, receive, hold)
        if held:
            await _go_on(events, scope[_KEY], held, receive, send)

    return answer


async def _go_on(
    events: Hub,
    subscription: Subscription,
    head: list[Mapping[str, Any]],
    receive: Receive,
    send: Send,
) -> None:
    try:
        with events.joined(subscription) as connection:
            for message in head:
                await send(_unfinished(message))
            tasks = [
                asyncio.ensure_future(waited)
                for waited in (
                    _write(events, connection, send),
                    _gone(receive),
                    connection.ended.wait(),
                )
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                for problem in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(problem, Exception):
                        logger.error("a stream of events broke off", exc_info=problem)
        await send({"type": "http.response.body", "body": b""})
    except TooManyAttemptsError as error:
        await _refuse(error, send)


def _unfinished(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same message of an answer that goes on."""
    if message["type"] == "http.response.body":
        return {**message, "more_body": True}
    headers = [each for each in message["headers"] if each[0].lower() != b"content-length"]
    return {**message, "headers": headers}


async def _write(events: Hub, connection: Connection, send: Send) -> None:
    async for frame in _frames(events, connection):
        await send({"type": "http.response.body", "body": frame, "more_body": True})


async def _frames(events: Hub, connection: Connection) -> AsyncIterator[bytes]:
    is_complete = True
    while (missed := await asyncio.to_thread(events.catch_up, connection)) is None:
        yield PAUSED if is_complete else KEEPALIVE
        is_complete = False
        await asyncio.sleep(_AWAY_SECONDS)
    connection.starts_after(missed.until)
    if not (is_complete and missed.is_complete):
        yield RESET
    for entry in missed.entries:
        yield entry.frame()
    # Without data it is no event, but what the client resumes after.
    yield f"id: {position_text(missed.until)}\n\n".encode()
    while True:
        try:
            async with asyncio.timeout(events.keepalive_seconds):
                frame = await connection.next_frame()
        except TimeoutError:
            frame = KEEPALIVE
        yield frame


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(error: TooManyAttemptsError, send: Send) -> None:
    body = json.dumps(error_body(error.status, error.message)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(_RETRY_AFTER).encode()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
