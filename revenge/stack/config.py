"""What the environment says about the stack."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from revenge import addresses, env
from revenge.env import EnvError
from revenge.stack import workers
from revenge.stack.engines.caddy import LogFormat
from revenge.stack.readiness import Tcp

PROJECT = Path(__file__).resolve().parents[2]
_DATABASE_SCHEMES = ("postgres", "postgresql")
_LAST_PORT = 65535
_METRICS_BESIDE = 1000


@dataclass(frozen=True, slots=True)
class StackConfig:
    """`host` empty means all addresses. An engine whose URL is None is embedded.

    Without `metrics_port` nobody is told figures.
    """

    data: Path
    host: str
    port: int
    metrics_host: str
    metrics_port: int | None
    domain: str | None
    media: Path | None
    trusted_proxies: tuple[str, ...]
    web_workers: int
    web_threads: int
    workers: dict[str, int]
    """How many jobs of each queue run at once."""
    database_url: str | None
    redis_url: str | None
    typesense_url: str | None
    typesense_api_key: str | None
    log_format: LogFormat

    @property
    def address(self) -> str:
        """Where a person opens revenge."""
        if self.domain:
            return f"https://{self.domain}"
        host = self.host if self.host not in {"", "0.0.0.0", "::"} else "localhost"  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def local_address(self) -> Tcp:
        """Where the edge is reached from this machine."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return Tcp(host, self.public_ports[-1])

    @property
    def public_ports(self) -> tuple[int, ...]:
        return (80, 443) if self.domain else (self.port,)


def from_environment() -> StackConfig:
    """Raises EnvError."""
    port = env.integer("REVENGE_PORT", 8096, minimum=1, maximum=_LAST_PORT)
    return StackConfig(
        data=data_dir(),
        host=_address("REVENGE_HOST", ""),
        port=port,
        metrics_host=_address("REVENGE_METRICS_HOST", "127.0.0.1"),
        metrics_port=_metrics_port(port),
        domain=env.text("REVENGE_DOMAIN", None),
        media=env.path("REVENGE_MEDIA", None),
        trusted_proxies=_networks("REVENGE_TRUSTED_PROXIES"),
        web_workers=env.integer("REVENGE_WEB_WORKERS", 2, minimum=1, maximum=64),
        web_threads=env.integer("REVENGE_WEB_THREADS", 64, minimum=1, maximum=1024),
        workers=workers.from_environment(),
        database_url=env.url("DATABASE_URL", None, schemes=_DATABASE_SCHEMES),
        redis_url=env.url("REDIS_URL", None, schemes=addresses.SCHEMES),
        typesense_url=env.url("TYPESENSE_URL", None),
        typesense_api_key=env.secret("TYPESENSE_API_KEY", None),
        log_format=env.choice("REVENGE_LOG_FORMAT", LogFormat, LogFormat.CONSOLE),
    )


def data_dir() -> Path:
    return env.path("REVENGE_DATA_DIR", PROJECT / "data").absolute()


def _address(name: str, default: str) -> str:
    host = env.text(name, default)
    try:
        return str(ipaddress.ip_address(host)) if host else ""
    except ValueError:
        msg = f"{name}={host!r} is not accepted: give an IP address"
        raise EnvError(msg) from None


def _metrics_port(port: int) -> int | None:
    """The main port plus 1000 where there is such a port; 0 switches it off."""
    beside = port + _METRICS_BESIDE
    default = beside if beside <= _LAST_PORT else 0
    return env.integer("REVENGE_METRICS_PORT", default, minimum=0, maximum=_LAST_PORT) or None


def _networks(name: str) -> tuple[str, ...]:
    values = env.csv(name, ())
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            msg = f"{name} holds {value!r}: give IP addresses or networks such as 10.0.0.0/8"
            raise EnvError(msg) from None
    return values
