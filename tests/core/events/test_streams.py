"""The stream itself, and what it is made of."""

import asyncio
import re
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIRequest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.events import hub as hub_module
from apps.core.events import reading, streams
from apps.core.events.connections import WAITING, Connection, Hearing, Subscription
from apps.core.events.hub import Hub
from apps.core.events.publishing import STREAM
from apps.core.events.types import Category, Entry, Event, position_parse, position_text
from apps.core.ids import new_id
from apps.core.jobs.telling import JobEvent
from apps.core.valkey.clients import client

HEARING = Hearing(new_id(), frozenset({"library:1"}), hears_everything=False)
SUBSCRIPTION = Subscription(HEARING, lambda: HEARING)
SCOPE: dict[str, Any] = {
    "type": "http", "method": "GET", "path": "/api/v1/events", "query_string": b"", "headers": [],
}  # fmt: skip


async def _answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    streams.hand_over(ASGIRequest(scope, None), SUBSCRIPTION)  # type: ignore[arg-type]
    head = [(b"content-type", b"text/event-stream"), (b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": streams.opening()})


@pytest.mark.django_db(transaction=True)
def test_a_comment_keeps_a_quiet_stream_alive() -> None:
    async def listen() -> list[bytes]:
        application = streams.with_events(_answer, Hub(keepalive_seconds=0.01))
        client = ApplicationCommunicator(application, dict(SCOPE))
        await client.send_input({"type": "http.request"})
        start = await client.receive_output(timeout=60)
        assert start["headers"] == [(b"content-type", b"text/event-stream")]
        bodies = []
        while bodies.count(streams.KEEPALIVE) < 2:
            message = await client.receive_output(timeout=60)
            assert message["more_body"]
            bodies.append(message["body"])
        await client.send_input({"type": "http.disconnect"})
        await client.wait(timeout=60)
        return bodies

    bodies = asyncio.run(listen())
    assert re.fullmatch(rb"retry: [2-5]\d{3}\n\n", bodies[0])
    assert bodies[1].startswith(b"id: ")
    assert bodies[-1] == b": keepalive\n\n"


def test_a_head_is_answered_without_a_stream() -> None:
    async def ask() -> dict[str, Any]:
        client = ApplicationCommunicator(streams.with_events(_answer), {**SCOPE, "method": "HEAD"})
        await client.send_input({"type": "http.request"})
        await client.receive_output(timeout=60)
        body: dict[str, Any] = await client.receive_output(timeout=60)
        await client.wait(timeout=60)
        return body

    assert "more_body" not in asyncio.run(ask())


def _entry(number: int, *topics: str) -> Entry:
    return Entry((number, 0), Event.of(JobEvent.PROGRESS, {"n": number}, frozenset(topics)))


def test_who_falls_behind_is_let_go() -> None:
    async def fall_behind() -> tuple[bool, bool]:
        connection = Connection(SUBSCRIPTION)
        connection.starts_after((0, 0))
        connection.offer(_entry(number, "library:1") for number in range(1, WAITING + 1))
        await asyncio.sleep(0)
        before = connection.ended.is_set()
        connection.offer([_entry(WAITING + 1, "library:1")])
        await asyncio.sleep(0)
        return before, connection.ended.is_set()

    assert asyncio.run(fall_behind()) == (False, True)


@pytest.mark.parametrize(("covered", "is_let_go"), [(50, False), (49, True)])
def test_before_the_start_the_hub_may_be_at_what_was_missed(
    covered: int,
    is_let_go: bool,  # noqa: FBT001
) -> None:
    async def join() -> tuple[bool, bytes]:
        connection = Connection(SUBSCRIPTION)
        connection.offer(_entry(number, "library:1") for number in range(1, WAITING + 51))
        await asyncio.sleep(0)
        connection.starts_after((covered, 0))
        return connection.ended.is_set(), await connection.next_frame()

    ended, frame = asyncio.run(join())
    assert ended is is_let_go
    assert frame.startswith(b"id: 51-0\n")


def test_what_was_sent_otherwise_is_not_sent_again() -> None:
    async def resume() -> bytes:
        connection = Connection(SUBSCRIPTION)
        connection.starts_after((2, 0))
        connection.offer([_entry(1, "library:1"), _entry(2, "library:1"), _entry(3, "library:1")])
        return await connection.next_frame()

    assert asyncio.run(resume()).startswith(b"id: 3-0\n")


def test_what_was_sent_otherwise_takes_no_room_of_what_is_new() -> None:
    """The hub may still be at events that the client was sent as what it had missed."""
    news = WAITING + 1

    async def resume() -> bytes:
        connection = Connection(SUBSCRIPTION)
        connection.offer(_entry(number, "library:1") for number in range(1, WAITING + 1))
        await asyncio.sleep(0)
        connection.starts_after((news - 1, 0))
        connection.offer(_entry(number, "library:1") for number in range(1, news + 1))
        await asyncio.sleep(0)
        assert not connection.ended.is_set()
        return await connection.next_frame()

    assert asyncio.run(resume()).startswith(f"id: {news}-0\n".encode())


def test_what_a_connection_wants() -> None:
    async def wants(subscription: Subscription, entry: Entry) -> bool:
        return Connection(subscription).wants(entry.event)

    other = replace(SUBSCRIPTION, categories=frozenset({Category.CONTENT}))
    assert asyncio.run(wants(SUBSCRIPTION, _entry(1, "library:1")))
    assert not asyncio.run(wants(SUBSCRIPTION, _entry(1, "library:2")))
    assert not asyncio.run(wants(other, _entry(1, "library:1")))


@given(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_a_position_is_read_as_it_was_written(position: tuple[int, int]) -> None:
    assert position_parse(position_text(position)) == position


@given(st.text())
def test_what_is_no_position_is_none(text: str) -> None:
    found = position_parse(text)
    assert found is None or max(found) < 2**64


def test_an_event_is_one_frame_whatever_it_holds() -> None:
    event = Event.of(JobEvent.FAILED, {"error": "one\ntwo\r\n\r\nevent: x"}, frozenset())
    frame = Entry((5, 1), event).frame().decode()
    assert frame.splitlines()[:2] == ["id: 5-1", "event: system.job.failed"]
    assert frame.count("\n") == 4
    raw = {name.encode(): value.encode() for name, value in event.fields().items()}
    assert Event.parse(raw) == event


@pytest.mark.django_db(transaction=True)
def test_who_cannot_be_checked_goes_and_keeps_no_other_from_it() -> None:
    """Whoever asks what it may hear gets an error that nobody has thought of."""
    fresh = replace(HEARING, topics=frozenset({"library:2"}))

    def fail() -> Hearing:
        raise RuntimeError

    async def listen() -> None:
        hub = Hub()
        with ExitStack() as stack:
            broken, *others = (
                stack.enter_context(hub.joined(Subscription(HEARING, renew)))
                for renew in (fail, *3 * [lambda: fresh])
            )
            await asyncio.to_thread(hub._renew_all)
            await asyncio.sleep(0)
            assert [each.hearing for each in others] == 3 * [fresh]
            assert [each.ended.is_set() for each in (broken, *others)] == [True, *3 * [False]]

    asyncio.run(listen())


@pytest.mark.usefixtures("own_valkey")
def test_what_another_version_tells_is_read_once() -> None:
    server = client()
    before = reading.latest(server)
    foreign = {"type": "weather.rain", "topics": "", "data": "{}"}
    server.xadd(STREAM, foreign, maxlen=10, approximate=True)
    position, entries = reading.wait_for(server, before, milliseconds=10)
    assert entries == []
    assert position == reading.latest(server) > before


@pytest.mark.django_db
def test_nothing_is_sent_while_it_is_not_known_from_where_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "_PATIENCE_SECONDS", 0.01)

    async def ask() -> object:
        return Hub().catch_up(Connection(SUBSCRIPTION))  # whose thread has not begun

    assert asyncio.run(ask()) is None
