"""Django's own cache (its sessions) over the same client."""

from typing import NoReturn

from django_redis.cache import RedisCache

from apps.core.valkey.clients import client
from apps.core.valkey.interface import Client


class ConnectionFactory:
    """What django-redis asks for connections."""

    def __init__(self, options: object) -> None:
        pass

    def connect(self, _url: str) -> Client:
        return client()

    def disconnect(self, connection: Client) -> None:
        """They are shared, and stay."""


class DjangoCache(RedisCache):  # type: ignore[misc]
    def clear(self) -> NoReturn:
        """It would empty the server, and with it the queues of the jobs."""
        raise NotImplementedError("delete keys by name, by tag or by pattern")
