"""redis-py's client for the address in the settings."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import ConnectionPool, parse_url
from redis.exceptions import (
    ClusterError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
)
from redis.exceptions import ConnectionError as ServerConnectionError
from redis.exceptions import TimeoutError as ServerTimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from apps.core.valkey.breaker import Attempts, CircuitBreaker
from apps.core.valkey.interface import Argument, Client
from revenge.addresses import Cluster, Sentinels, Single, parse

AWAY: Final = (
    ServerConnectionError,
    ServerTimeoutError,
    OutOfMemoryError,
    ReadOnlyError,
    ClusterError,
    OSError,
)
"""What a call raises when the server cannot do its work; all else is an error of the code."""

# RESP2 is what all servers speak; a thread that waits longer is better off with the database.
_OPTIONS: Final[dict[str, Any]] = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "protocol": 2,
}
_MAX_CONNECTIONS = 512


def client() -> Client:
    """The process's client. Its calls raise the errors in AWAY, at once while the server is known
    to be away."""
    return _client(settings.REDIS_URL)


def broker() -> Client:
    """The same for the server that carries jobs."""
    return _client(settings.BROKER_URL)


def subscriber() -> Client:
    """A client of its own for a thread that listens: a connection that is lost says so instead of
    being replaced in silence."""
    return _connect(settings.REDIS_URL, Attempts())


class Script:
    """A Lua script, called with one round trip."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, server: Client, keys: Sequence[str], *arguments: Argument) -> Any:  # noqa: ANN401
        """What the script returns, in redis-py's form. All keys lie in one slot of a cluster."""
        try:
            return server.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:  # the server has started anew
            return server.eval(self.text, len(keys), *keys, *arguments)


@lru_cache
def _client(address: str) -> Client:
    return _connect(address, _breaker(address))


@lru_cache
def _breaker(_address: str) -> CircuitBreaker:
    return CircuitBreaker()


def forget() -> None:
    """Begin anew: a child has connections and a circuit breaker of its own."""
    _client.cache_clear()
    _breaker.cache_clear()


os.register_at_fork(after_in_child=forget)


def _connect(address: str, retry: Retry) -> Client:
    parsed = parse(address)
    match parsed:
        case Sentinels():
            made: Any = Redis.from_pool(_sentinel_pool(parsed, retry))
        case Cluster():
            breaker = retry if isinstance(retry, CircuitBreaker) else CircuitBreaker()
            made = breaker.guard(lambda: _cluster(parsed, breaker))
        case Single(url):
            pool = ConnectionPool.from_url(
                url, retry=retry, max_connections=_MAX_CONNECTIONS, **_OPTIONS
            )
            made = Redis.from_pool(pool)  # which is closed with it
    server: Client = made
    return server


def _sentinel_pool(address: Sentinels, retry: Retry) -> SentinelConnectionPool:
    server = _parsed(address.server_url)
    server.pop("host")
    is_encrypted = server.pop("connection_class", None) is not None
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        address.hosts,
        sentinel_kwargs={
            "password": address.password,
            "ssl": is_encrypted,
            "retry": Retry(NoBackoff(), 0),
            **_OPTIONS,
        },
    )
    return SentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.service, sentinels, ssl=is_encrypted, retry=retry, **server, **_OPTIONS
    )


class _GuardedCluster(RedisCluster):
    """Its nodes take no `Retry` of ours."""

    def __init__(self, breaker: CircuitBreaker, **options: Any) -> None:
        self._breaker = breaker
        super().__init__(**options)

    def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        execute = super().execute_command

        def call() -> Any:  # noqa: ANN401
            with _cluster_errors():
                return execute(*args, **options)  # type: ignore[no-untyped-call]

        return self._breaker.guard(call)

    def mget(self, keys: Sequence[str]) -> list[Any]:  # type: ignore[override]
        """From all the nodes that hold them, in any order."""
        return list(self.mget_nonatomic(keys))


def _cluster(address: Cluster, breaker: CircuitBreaker) -> RedisCluster:
    nodes = [_parsed(url) for url in address.urls]
    shared = {key: nodes[0][key] for key in ("username", "password") if key in nodes[0]}
    with _cluster_errors():
        return _GuardedCluster(
            breaker,
            startup_nodes=[ClusterNode(node["host"], node["port"]) for node in nodes],  # type: ignore[no-untyped-call]
            retry=Retry(NoBackoff(), 2),  # it learns of nodes that have moved
            ssl="connection_class" in nodes[0],
            **shared,
            **_OPTIONS,
        )


@contextmanager
def _cluster_errors() -> Iterator[None]:
    """A cluster without the nodes it needs is away, as any server."""
    try:
        yield
    except RedisClusterException as error:
        raise ServerConnectionError(str(error)) from error


def _parsed(url: str) -> dict[str, Any]:
    return dict(parse_url(url))  # type: ignore[no-untyped-call]
