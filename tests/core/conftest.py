from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import LazySettings
from django.core.cache import caches

from apps.core.cache import listener
from apps.core.valkey import clients
from revenge.stack.testing import EmbeddedEngines, embedded_engines


class OwnValkey:
    """A server of the tests' own, which may be stopped."""

    def __init__(self, engines: EmbeddedEngines) -> None:
        self.url = engines.environment["REDIS_URL"]
        self._engines = engines
        self._is_running = True

    def stop(self) -> None:
        self._engines.stop("valkey")
        self._is_running = False

    def start(self) -> None:
        if not self._is_running:
            self._engines.start("valkey")
            self._is_running = True


@pytest.fixture(scope="session")
def _own_valkey() -> Iterator[OwnValkey]:
    with embedded_engines(names={"valkey"}) as engines:
        yield OwnValkey(engines)


@pytest.fixture
def own_valkey(_own_valkey: OwnValkey, settings: LazySettings) -> Iterator[OwnValkey]:
    settings.REDIS_URL = _own_valkey.url
    begin_anew()
    yield _own_valkey
    _own_valkey.start()
    begin_anew()


def begin_anew() -> None:
    """Forget the other server, as a new process would."""
    listener.end()
    listener.restart()
    clients.forget()
    with suppress(AttributeError):  # unused so far
        del caches["default"]
