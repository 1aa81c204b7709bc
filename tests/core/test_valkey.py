"""The server may be reached in several ways, and be away."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from redis import Redis
from redis.exceptions import TimeoutError as ServerTimeoutError
from rest_framework.test import APIClient

from apps.core.cache.shared import MISSING
from apps.core.locks import Lock, LocksUnavailableError, lock
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Algorithm, Limit
from apps.core.valkey import breaker
from apps.core.valkey.breaker import ServerAwayError
from apps.core.valkey.clients import AWAY, client
from apps.libraries.models import Library
from apps.users.models import User
from revenge import addresses
from revenge.addresses import Cluster, Sentinels, Single
from revenge.stack.engines import valkey as engine
from tests.core.cache.kinds import COUNTER, LOCAL, PLAIN, SHELF, TAGGED, VERSIONED
from tests.core.conftest import OwnValkey, begin_anew
from tests.core.tls import self_signed, tls_tunnel
from tests.objects import make_movie
from tests.waiting import until


class TestAddresses:
    @pytest.mark.parametrize(
        "url", ["redis://h:1/2", "rediss://u:p@h", "unix://:p@/run/valkey.sock?db=1"]
    )
    def test_one_server(self, url: str) -> None:
        assert addresses.parse(url) == Single(url)

    def test_sentinels(self) -> None:
        url = "rediss+sentinel://u:p%40@a:1,b,[::1]:3/2?service_name=main&sentinel_password=s"
        assert addresses.parse(url) == Sentinels(
            hosts=(("a", 1), ("b", 26379), ("::1", 3)),
            service="main",
            server_url="rediss://u:p%40@sentinel/2",
            password="s",
        )

    def test_sentinels_without_a_service(self) -> None:
        with pytest.raises(ValueError, match="service_name"):
            addresses.parse("redis+sentinel://a/0")

    def test_a_cluster(self) -> None:
        assert addresses.parse("redis+cluster://:p@a:1,b") == Cluster(
            ("redis://:p@a:1", "redis://:p@b:6379")
        )

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("redis://:p@h:1/2", ("redis://:p@h:1/2", {})),
            (
                "unix://:p@/run/v.sock?db=3",
                ("redis+socket://:p@/run/v.sock?virtual_host=3", {}),
            ),
            ("unix:///run/v.sock", ("redis+socket:///run/v.sock?virtual_host=0", {})),
            (
                "redis+sentinel://:p@a,b:2/1?service_name=main&sentinel_password=s",
                (
                    "sentinel://:p@a:26379/1;sentinel://:p@b:2/1",
                    {"master_name": "main", "sentinel_kwargs": {"password": "s"}},
                ),
            ),
        ],
    )
    def test_what_the_broker_is_told(self, url: str, expected: object) -> None:
        assert addresses.broker(url) == expected

    def test_jobs_do_not_wait_in_a_cluster(self) -> None:
        with pytest.raises(ValueError, match="cluster"):
            addresses.broker("redis+cluster://a")


def try_everything() -> None:
    """What cache, locks and limits do with a server."""
    PLAIN.set_many({"1": "a", "2": "b"})
    assert PLAIN.get_many(["1", "2", "3"]) == {"1": "a", "2": "b"}
    PLAIN.drop("1")
    assert PLAIN.get("1") is MISSING
    PLAIN.drop_matching("*")
    assert PLAIN.get("2") is MISSING
    TAGGED.get_or_set("a/1", lambda: "value")
    assert TAGGED.get_many(["a/1", "b/1"]) == {"a/1": "value"}
    SHELF.drop("a")
    assert TAGGED.get("a/1") is MISSING
    until(lambda: LOCAL.get_or_set("1", lambda: "x") and "1" in LOCAL._entries)
    LOCAL.set("1", "y")
    assert LOCAL.get("1") == "y"
    assert VERSIONED.put("a", "value", 1)
    assert VERSIONED.get("a") == (1, "value")
    assert COUNTER.increment("a").number == 1
    with lock("thing", 1):
        assert not Lock("thing", 1).acquire()
    for algorithm in Algorithm:
        limit = Limit(0.001, 1, algorithm)
        assert check("test", limit, algorithm).is_allowed
        assert not check("test", limit, algorithm).is_allowed


Start = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server on a port of loopback, with these lines of configuration."""
    running: list[subprocess.Popen[bytes]] = []

    def run(port: int, *lines: str, sentinel: bool = False) -> None:
        folder = tmp_path / str(port)
        folder.mkdir()
        configuration = folder / "valkey.conf"
        text = "\n".join((f"port {port}", "bind 127.0.0.1", f"dir {folder}", 'save ""', *lines))
        configuration.write_text(text)
        command = [engine._binary(), str(configuration), *(["--sentinel"] if sentinel else [])]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        until(lambda: _listens(port))

    yield run
    for process in running:
        process.terminate()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(*, at_most: int = 65535) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port <= at_most:
            return port


@pytest.fixture
def reach(settings: LazySettings) -> Iterator[Callable[[str], None]]:
    """Use the server at an address."""

    def change(url: str) -> None:
        settings.REDIS_URL = url
        begin_anew()

    usual = settings.REDIS_URL
    yield change
    change(usual)


def test_by_tcp(start: Start, reach: Callable[[str], None]) -> None:
    port = free_port()
    start(port, "requirepass p@ss")
    reach(f"redis://:p%40ss@127.0.0.1:{port}/3")
    try_everything()


def test_by_tls(start: Start, reach: Callable[[str], None], tmp_path: Path) -> None:
    """The embedded server speaks none: a tunnel stands before it, as stunnel would."""
    port = free_port()
    start(port)
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed("127.0.0.1"))
    with tls_tunnel(certificate, port) as tls_port:
        reach(f"rediss://127.0.0.1:{tls_port}?ssl_ca_certs={certificate}")
        try_everything()
        reach(f"rediss://127.0.0.1:{tls_port}")  # nobody vouches for it
        with pytest.raises(AWAY):
            client().ping()


def test_by_sentinels(start: Start, reach: Callable[[str], None]) -> None:
    server, sentinel = free_port(), free_port()
    start(server, "requirepass secret")
    start(
        sentinel,
        f"sentinel monitor main 127.0.0.1 {server} 1",
        "sentinel auth-pass main secret",
        "requirepass own",
        sentinel=True,
    )
    reach(
        f"redis+sentinel://:secret@127.0.0.1:{free_port()},127.0.0.1:{sentinel}/0"
        "?service_name=main&sentinel_password=own"
    )
    try_everything()


def test_by_a_cluster(start: Start, reach: Callable[[str], None]) -> None:
    port = free_port(at_most=55535)  # its nodes talk at the port 10,000 above
    start(port, "cluster-enabled yes", "cluster-require-full-coverage no", "requirepass secret")
    reach(f"redis+cluster://:secret@127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"AUTH secret\r\nCLUSTER ADDSLOTSRANGE 0 16383\r\n")
        assert plain.recv(100)

    def is_up() -> bool:
        try:
            return client().set("probe", "1") is not None
        except AWAY:
            return False

    until(is_up)
    try_everything()


@contextmanager
def _mute() -> Iterator[tuple[int, list[socket.socket]]]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listener.getsockname()[1], taken
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in taken:
            connection.close()


class TestAway:
    def test_a_server_that_hangs_is_asked_once_and_then_left_alone(
        self, reach: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(breaker, "OPEN_SECONDS", 3600)
        with _mute() as (port, taken):
            reach(f"redis://127.0.0.1:{port}")
            with pytest.raises(ServerTimeoutError):
                client().ping()
            until(lambda: taken)
            before = len(taken)
            for _ in range(100):
                with pytest.raises(ServerAwayError):
                    client().ping()
            assert len(taken) == before
            numbers = iter(range(3))
            assert [PLAIN.get_or_set("1", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]

    def test_one_thread_tries_again_and_opens_the_way_for_all(self, own_valkey: OwnValkey) -> None:
        assert client().ping()
        own_valkey.stop()
        with pytest.raises(AWAY):
            client().ping()
        with pytest.raises(AWAY):
            client().ping()
        own_valkey.start()

        def is_back() -> bool:
            try:
                return bool(client().ping())
            except AWAY:
                return False

        until(is_back)
        for _ in range(100):
            assert client().ping()

    def test_connections_of_before_a_restart_are_replaced_in_silence(
        self, own_valkey: OwnValkey
    ) -> None:
        assert client().ping()
        own_valkey.stop()
        own_valkey.start()
        assert client().ping()


@contextmanager
def _refusing(url: str) -> Iterator[None]:
    with closing(Redis.from_url(url)) as raw:
        raw.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            raw.config_set("min-replicas-to-write", 0)


def _is_read() -> bool:
    try:
        return client().get("nothing") is None
    except AWAY:
        return False


@pytest.mark.django_db
def test_a_server_that_takes_nothing_counts_as_away(own_valkey: OwnValkey) -> None:
    """As one whose disk is full, or whose replicas are gone."""
    PLAIN.set("1", "old")
    with _refusing(own_valkey.url):
        with pytest.raises(AWAY):
            client().set("key", "value")
        assert PLAIN.get_or_set("2", lambda: "made") == "made"
        assert check("test", Limit(1, 1), "somebody").is_allowed
        with pytest.raises(LocksUnavailableError), lock("test", "1"):
            pass
        PLAIN.drop("1")
        until(_is_read)
        assert PLAIN.get("1") is MISSING
    until(lambda: PLAIN.get_or_set("1", lambda: "new") and PLAIN.get("1") == "new")


def test_pages_and_api_answer_without_it_and_with_it_again(
    own_valkey: OwnValkey,
    member: User,
    films: Library,
    api: Callable[[User], APIClient],
) -> None:
    make_movie(films, "Alpha")
    browser, clients = Client(), api(member)

    def everything_answers() -> None:
        form = {"username": "member", "password": "Correct-Horse-9"}
        assert browser.post("/sign-in/", form).status_code == 302
        for page in ("/", "/movies/", "/search/?query=alpha"):
            assert browser.get(page).status_code == 200
        assert clients.get("/api/v1/movies").json()["total"] == 1
        assert clients.get("/readyz").status_code == 200

    everything_answers()
    own_valkey.stop()
    everything_answers()
    own_valkey.start()
    everything_answers()
    until(lambda: clients.get("/readyz").json()["details"]["cache"]["status"] == "healthy")
