"""The connection to Typesense."""

import functools
import hashlib
import json
from urllib.parse import urlsplit

import httpx
import typesense
from django.conf import settings
from typesense.configuration import NodeConfigDict
from typesense.exceptions import TypesenseClientError

from apps.search.errors import SearchUnavailableError
from apps.search.registry import SearchCollection

# What the client raises when the engine is away or refuses.
ENGINE_ERRORS = (TypesenseClientError, httpx.HTTPError, OSError)


def client(*, timeout_seconds: float = 2.0) -> typesense.Client:
    """Raises SearchUnavailableError when no engine is configured."""
    if not settings.TYPESENSE_URL:
        raise SearchUnavailableError("No search engine is configured")
    return _client(settings.TYPESENSE_URL, settings.TYPESENSE_API_KEY, timeout_seconds)


@functools.lru_cache(maxsize=8)
def _client(url: str, api_key: str, timeout_seconds: float) -> typesense.Client:
    parts = urlsplit(url)
    node = NodeConfigDict(
        protocol=parts.scheme,
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (443 if parts.scheme == "https" else 80),
    )
    return typesense.Client(
        {
            "nodes": [node],
            "api_key": api_key,
            "connection_timeout_seconds": timeout_seconds,
            "num_retries": 0,
            # The default leaves a lone node marked as dead for a minute.
            "healthcheck_interval_seconds": 1,
        }
    )


def alias_name(collection: SearchCollection) -> str:
    return f"{settings.KEY_PREFIX}-{collection.name}"


def versioned_name(collection: SearchCollection) -> str:
    """The name carries the schema's hash: another schema is another collection."""
    schema = json.dumps([dict(field) for field in collection.fields], sort_keys=True)
    digest = hashlib.sha256(schema.encode()).hexdigest()[:12]
    return f"{alias_name(collection)}-{digest}"
