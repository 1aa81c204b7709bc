"""Events from the real realtime process: who hears what, and what becomes of it in bad times."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.apikeys import services as keys
from apps.apikeys.models import Scope
from apps.authn import sessions
from apps.core.events import topics
from apps.core.events.connections import WAITING
from apps.core.events.hub import CONNECTIONS_PER_USER, RESUMED_MOST
from apps.core.events.publishing import publish
from apps.core.events.types import EventType
from apps.core.jobs.telling import JobEvent
from apps.libraries import grants, scanning
from apps.libraries import services as libraries
from apps.libraries.access import GrantLevel
from apps.libraries.events import ScanEvent, seen_by_all, seen_whole
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library
from apps.movies.publishing import FilmEvent
from apps.users.models import User
from tests import scans
from tests.core.conftest import OwnValkey
from tests.events import Listener, Realtime, realtime
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_valkey")]


@pytest.fixture(scope="module")
def server(django_db_setup: None, _own_valkey: OwnValkey) -> Iterator[Realtime]:  # noqa: ARG001
    with realtime(REDIS_URL=_own_valkey.url) as running:
        yield running


@pytest.fixture
def bearer() -> Callable[[User], str]:
    def make(user: User) -> str:
        pair = sessions.session_start(user=user, device=sessions.Device(name="test"))
        return f"Bearer {pair.access_token}"

    return make


Bearer = Callable[[User], str]


def say(kind: EventType, *heard: str) -> None:
    publish(kind, {"said": kind}, topics=heard)


@pytest.fixture
def people(films: Library, admin: User, member: User, outsider: User, guest: User) -> list[User]:
    """The guest sees a part of the library."""
    grants.grant_add(
        actor=None,
        library=films,
        grantee=guest,
        level=GrantLevel.VIEW,
        limits=GrantLimits(max_age=12),
    )
    return [admin, member, guest, outsider]


def test_everybody_hears_what_concerns_them(
    server: Realtime, bearer: Bearer, films: Library, people: list[User]
) -> None:
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(server.listening(Authorization=bearer(user))) for user in people
        ]
        say(FilmEvent.ADDED, seen_whole(films.pk))
        say(ScanEvent.STARTED, seen_by_all(films.pk))
        say(JobEvent.PROGRESS)
        for user in people:
            say(JobEvent.COMPLETED, topics.of_user(user))
        by_admin, by_member, by_guest, by_outsider = listeners
        for each in listeners:
            until(lambda who=each: JobEvent.COMPLETED in who.events)
        until(lambda: len(by_admin.frames) == 7)
        everything = [FilmEvent.ADDED, ScanEvent.STARTED, JobEvent.PROGRESS]
        assert by_admin.events == [*everything, *4 * [JobEvent.COMPLETED]]
        assert by_member.events == [FilmEvent.ADDED, ScanEvent.STARTED, JobEvent.COMPLETED]
        assert by_guest.events == [ScanEvent.STARTED, JobEvent.COMPLETED]
        assert by_outsider.events == [JobEvent.COMPLETED]
        assert by_member.frames[0].data == {"said": FilmEvent.ADDED}
        assert by_member.response.headers["Content-Type"] == "text/event-stream"
        assert by_member.response.headers["Cache-Control"] == "no-store"


def test_a_client_chooses_categories(server: Realtime, bearer: Bearer, admin: User) -> None:
    token = bearer(admin)
    with server.listening("?categories=content,library", Authorization=token) as some:
        say(JobEvent.PROGRESS)
        say(FilmEvent.CHANGED)
        say(ScanEvent.FAILED)
        until(lambda: len(some.frames) == 2)
        assert some.events == [FilmEvent.CHANGED, ScanEvent.FAILED]
    with server.listening("?categories=content,weather", Authorization=token) as none:
        assert none.status == 400


def test_the_ways_to_say_who_one_is(
    server: Realtime,
    api: Callable[[User | None], APIClient],
    browser_of: Callable[[User], Client],
    admin: User,
) -> None:
    key = keys.key_create(user=admin, name="Script", scopes=[Scope.READ]).key
    cookie = browser_of(admin).cookies["revenge_session"].value
    answer = api(admin).post("/api/v1/events/token").json()
    assert answer["expires_in"] == 60
    with (
        server.listening(Cookie=f"revenge_session={cookie}") as by_cookie,
        server.listening(X_API_Key=key) as by_key,
        server.listening(f"?token={answer['token']}") as by_token,
        server.listening(f"?token={answer['token']}") as again,
        server.listening() as by_nobody,
    ):
        statuses = [each.status for each in (by_cookie, by_key, by_token, again, by_nobody)]
        assert statuses == [200, 200, 200, 401, 401]
        say(JobEvent.PROGRESS)
        say(FilmEvent.CHANGED, topics.of_user(admin))
        for each in (by_cookie, by_token):
            until(lambda who=each: len(who.frames) == 2)
        # The key may read what is its user's, and administrate nothing.
        until(lambda: by_key.frames)
        assert by_key.events == [FilmEvent.CHANGED]


def test_a_token_of_a_key_is_worth_the_key(server: Realtime, admin: User) -> None:
    writing = keys.key_create(user=admin, name="Writing", scopes=[Scope.WRITE]).key
    token = Client(headers={"X-API-Key": writing}).post("/api/v1/events/token").json()["token"]
    with server.listening(f"?token={token}") as listener:
        assert listener.status == 403  # it may not read


def test_who_comes_back_is_told_what_happened_meanwhile(
    server: Realtime, bearer: Bearer, admin: User
) -> None:
    token = bearer(admin)
    with server.listening(Authorization=token) as first:
        say(ScanEvent.STARTED)
        until(lambda: first.frames)
    say(ScanEvent.PROGRESS)
    say(JobEvent.PROGRESS)
    say(ScanEvent.COMPLETED)
    resumed = {"Authorization": token, "Last_Event_ID": first.last_id}
    with server.listening("?categories=library", **resumed) as second:
        until(lambda: len(second.frames) == 2)
        say(FilmEvent.CHANGED)
        say(ScanEvent.FAILED)
        until(lambda: len(second.frames) == 3)
        assert second.events == [ScanEvent.PROGRESS, ScanEvent.COMPLETED, ScanEvent.FAILED]
        ids = [tuple(map(int, frame.id.split("-"))) for frame in second.frames]
        assert ids == sorted(set(ids))


def test_who_was_away_for_too_long_is_told_so(
    server: Realtime, bearer: Bearer, admin: User
) -> None:
    token = bearer(admin)
    with server.listening(Authorization=token, Last_Event_ID="1-7") as late:
        until(lambda: late.frames)
        assert late.events[0] == "stream.reset"
    with server.listening(Authorization=token, Last_Event_ID="not an id") as odd:
        say(JobEvent.PROGRESS)
        until(lambda: odd.frames)
        assert odd.events == [JobEvent.PROGRESS]


def test_who_has_missed_a_lot_reads_anew_instead(
    server: Realtime, bearer: Bearer, admin: User, member: User
) -> None:
    with server.listening(Authorization=bearer(admin)) as first:
        say(ScanEvent.STARTED)
        until(lambda: first.frames)
    for _ in range(RESUMED_MOST):
        say(JobEvent.PROGRESS)
    last_id = {"Last_Event_ID": first.last_id}
    with server.listening(Authorization=bearer(admin), **last_id) as all_of_it:
        until(lambda: len(all_of_it.frames) == RESUMED_MOST)
    say(JobEvent.COMPLETED, topics.of_user(member))
    for user in (admin, member):
        with server.listening(Authorization=bearer(user), **last_id) as late:
            until(lambda who=late: who.frames)
            say(JobEvent.FAILED, topics.of_user(user))
            until(lambda who=late: len(who.frames) == 2)
            assert late.events == ["stream.reset", JobEvent.FAILED]


def test_a_stream_ends_with_the_session_and_the_key(
    server: Realtime, bearer: Bearer, member: User, admin: User
) -> None:
    key = keys.key_create(user=member, name="Script", scopes=[Scope.READ])
    with (
        server.listening(Authorization=bearer(member)) as by_session,
        server.listening(X_API_Key=key.key) as by_key,
        server.listening(Authorization=bearer(admin)) as other,
    ):
        sessions.sessions_end_all(user=member)
        keys.key_revoke(key=key.row, actor=member)
        until(lambda: by_session.has_ended and by_key.has_ended)
        assert not other.has_ended


def test_a_grant_counts_soon(
    server: Realtime, bearer: Bearer, films: Library, outsider: User
) -> None:
    with server.listening(Authorization=bearer(outsider)) as listener:
        libraries.library_set_viewers(library=films, users=[outsider])

        def hears() -> bool:
            say(ScanEvent.PROGRESS, seen_by_all(films.pk))
            return bool(listener.frames)

        until(hears)


def test_a_user_has_so_many_connections(server: Realtime, bearer: Bearer, member: User) -> None:
    token = bearer(member)
    open_ones: list[Listener] = []
    try:
        for _ in range(CONNECTIONS_PER_USER):
            listener = Listener(server.port, "/api/v1/events", {"Authorization": token})
            assert listener.status == 200
            open_ones.append(listener)
        with server.listening(Authorization=token) as refused:
            assert refused.status == 429
            assert refused.response.headers["Content-Type"] == "application/json"
            assert int(refused.response.headers["Retry-After"]) > 0
    finally:
        for listener in open_ones:
            listener.close()

    def is_let_in() -> bool:
        with server.listening(Authorization=token) as again:
            return again.status == 200

    until(is_let_in)


def test_a_slow_client_is_let_go_and_costs_no_memory(
    server: Realtime, bearer: Bearer, admin: User
) -> None:
    with socket.socket() as slow, server.listening(Authorization=bearer(admin)) as quick:
        before = _slow_clients(server)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer(admin)}\r\n\r\n"
        slow.sendall(head.encode())
        assert slow.recv(12) == b"HTTP/1.1 200"
        large = {"x": "x" * 50_000}
        for number in range(2 * WAITING):
            publish(JobEvent.PROGRESS, large)
            if number % 20 == 0:
                until(lambda so_many=number: len(quick.frames) >= so_many)
        until(lambda: _slow_clients(server) == before + 1)
        assert not quick.has_ended


def _slow_clients(server: Realtime) -> float:
    """How many have been let go so far."""
    run = ["curl", "-s", f"http://127.0.0.1:{server.port}/metrics"]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^revenge_events_slow_total (\S+)$", told, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_without_the_server_of_events_clients_are_told_and_all_goes_on(
    server: Realtime, bearer: Bearer, admin: User, own_valkey: OwnValkey
) -> None:
    token = bearer(admin)
    with server.listening(Authorization=token) as before:
        own_valkey.stop()
        until(lambda: before.events == ["stream.paused"])
        say(JobEvent.PROGRESS)  # nobody is told, and nothing fails
        with server.listening(Authorization=token) as during:
            until(lambda: during.events == ["stream.paused"])
            own_valkey.start()
            for each in (before, during):
                until(lambda who=each: "stream.reset" in who.events)

            def hear() -> bool:
                say(JobEvent.COMPLETED)
                return all(JobEvent.COMPLETED in each.events for each in (before, during))

            until(hear)


def test_a_scan_is_followed(
    server: Realtime, bearer: Bearer, films: Library, people: list[User]
) -> None:
    """Its counts are of all films: only who looks after the library hears them."""
    admin, member, guest, manager = people
    grants.grant_add(actor=None, library=films, grantee=manager, level=GrantLevel.MANAGE)
    films_dir = Path(films.roots.get().path)
    for number in range(3):
        scans.add_film(films_dir, f"Film {number} (200{number})/film.mp4")
    with (
        server.listening(Authorization=bearer(member)) as by_member,
        server.listening(Authorization=bearer(guest)) as by_guest,
        server.listening("?categories=library", Authorization=bearer(manager)) as by_manager,
        server.listening("?categories=system", Authorization=bearer(admin)) as by_admin,
    ):
        scanned = scans.scan(films)
        until(lambda: ScanEvent.COMPLETED in by_member.events)
        assert by_member.events[0] == ScanEvent.STARTED
        assert by_member.events[-1] == ScanEvent.COMPLETED
        (done,) = by_member.of(ScanEvent.COMPLETED)
        assert done == {
            "scan_id": str(scanned.pk),
            "library_id": str(films.pk),
            "scan_type": "incremental",
            "status": "completed",
        }
        assert ScanEvent.PROGRESS not in by_member.events
        until(lambda: ScanEvent.COMPLETED in by_guest.events)
        assert set(by_guest.events) == {ScanEvent.STARTED, FilmEvent.CHANGED, ScanEvent.COMPLETED}
        assert by_guest.of(ScanEvent.COMPLETED) == [done]
        until(lambda: ScanEvent.COMPLETED in by_manager.events)
        told = by_manager.of(ScanEvent.PROGRESS)[-1]
        assert (told["items_found"], told["items_added"], told["error_count"]) == (3, 3, 0)
        (added,) = by_member.of(FilmEvent.ADDED)
        assert added["count"] == len(added["movie_ids"]) == 3
        assert FilmEvent.CHANGED in by_member.events
        until(lambda: by_admin.frames)
        assert by_admin.events[0] == JobEvent.WAITING
        assert by_admin.frames[0].data["kind"] == scanning.SCAN_JOB
        assert not [name for name in by_member.events if name.startswith("system.")]


def test_a_cancelled_scan_is_told(
    server: Realtime, bearer: Bearer, films: Library, member: User
) -> None:
    with server.listening(Authorization=bearer(member)) as listener:
        scan = scanning.scan_start(library=films, scan_type=scans.ScanType.FULL)
        scanning.scan_cancel(scan=scan)
        until(lambda: listener.frames)
        assert listener.events == [ScanEvent.CANCELLED]
        assert listener.frames[0].data["status"] == "cancelled"
