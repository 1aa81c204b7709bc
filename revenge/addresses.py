"""What `REDIS_URL` may say: the addresses of Valkey, Redis or Dragonfly."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

SCHEMES = (
    "redis",
    "rediss",
    "unix",
    "redis+sentinel",
    "rediss+sentinel",
    "redis+cluster",
    "rediss+cluster",
)
_SENTINEL_PORT = 26379
_PORT = 6379


@dataclass(frozen=True)
class Sentinels:
    """`redis+sentinel://[user:password@]host[:26379],host2/0?service_name=main`, or with TLS
    `rediss+sentinel://`. `server_url` holds the credentials and the database of the server that
    the sentinels name; its host is of no account."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    server_url: str
    password: str | None
    """Of the sentinels themselves: `sentinel_password`."""


@dataclass(frozen=True)
class Cluster:
    """`redis+cluster://[user:password@]host[:6379],host2`, or with TLS `rediss+cluster://`."""

    urls: tuple[str, ...]
    """One for each of the nodes that are asked first, in redis-py's form."""


@dataclass(frozen=True)
class Single:
    url: str


def parse(address: str) -> Single | Sentinels | Cluster:
    """Raises ValueError."""
    parts = urlsplit(address)
    scheme, _, kind = parts.scheme.partition("+")
    if kind == "sentinel":
        return _sentinels(scheme, parts)
    if kind == "cluster":
        hosts = _hosts(parts, _PORT)
        urls = [_server_url(scheme, parts, f"{host}:{port}") for host, port in hosts]
        return Cluster(tuple(urls))
    return Single(address)


def passwords(address: str) -> list[str]:
    """All that are in the address."""
    parts = urlsplit(address)
    found = [parts.password or "", *parse_qs(parts.query).get("sentinel_password", [])]
    return [password for password in found if password]


def broker(address: str) -> tuple[str, dict[str, object]]:
    """Kombu's form of the address, and the transport options that belong to it.

    It writes `redis+socket://` for `unix://`, knows sentinels as `sentinel://a;sentinel://b`, and
    knows no cluster: ValueError.
    """
    parsed = parse(address)
    if isinstance(parsed, Cluster):
        raise ValueError("jobs cannot wait in a cluster")  # noqa: TRY004  (of the address)
    if isinstance(parsed, Sentinels):
        server = urlsplit(parsed.server_url)
        credentials, at, _ = server.netloc.rpartition("@")
        urls = [
            f"sentinel://{credentials}{at}{host}:{port}{server.path}" for host, port in parsed.hosts
        ]
        options: dict[str, object] = {"master_name": parsed.service}
        if parsed.password is not None:
            options["sentinel_kwargs"] = {"password": parsed.password}
        return ";".join(urls), options
    parts = urlsplit(address)
    if parts.scheme != "unix":
        return address, {}
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}", {}


def _sentinels(scheme: str, parts: SplitResult) -> Sentinels:
    query = parse_qs(parts.query)
    if "service_name" not in query:
        raise ValueError("an address of sentinels needs ?service_name=")
    return Sentinels(
        hosts=_hosts(parts, _SENTINEL_PORT),
        service=query["service_name"][0],
        server_url=_server_url(scheme, parts, "sentinel"),
        password=query.get("sentinel_password", [None])[0],
    )


def _hosts(parts: SplitResult, port: int) -> tuple[tuple[str, int], ...]:
    named = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
    return tuple((host.hostname or "", host.port or port) for host in named)


def _server_url(scheme: str, parts: SplitResult, host: str) -> str:
    credentials, at, _ = parts.netloc.rpartition("@")
    return urlunsplit((scheme, f"{credentials}{at}{host}", parts.path, "", ""))
