import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings, settings

from tests.engines import PROJECT


class Peer:
    """See `tests.core.cache.peer`."""

    def __init__(self, redis_url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.cache.peer"],
            cwd=PROJECT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "revenge.settings",
                "REDIS_URL": redis_url,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hear() == "ready"

    def tell(self, word: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(word) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def do(self, what: str, cache: str, identifier: str) -> Any:
        self.tell({"do": what, "cache": cache, "id": identifier})
        return self.hear()

    def end(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    running = Peer(settings.REDIS_URL)
    yield running
    running.end()


@pytest.fixture
def own_peer(own_valkey: object, settings: LazySettings) -> Iterator[Peer]:  # noqa: ARG001
    """One that uses the server that may be stopped."""
    running = Peer(settings.REDIS_URL)
    yield running
    running.end()
