from collections.abc import Iterator

import pytest

from apps.core.jobs.sender import sender
from tests.broker import received
from tests.core.jobs import work


@pytest.fixture(autouse=True)
def _fresh_work() -> Iterator[None]:
    received("low")  # of other tests
    yield
    work.calls.clear()
    work.hooks.clear()
    sender().flush()
