from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.search.indexes import new_prefix, removed_afterwards


@pytest.fixture
def fresh_index(db: None, settings: LazySettings) -> Iterator[None]:  # noqa: ARG001
    """No index, in a name space of its own."""
    settings.KEY_PREFIX = new_prefix()
    with removed_afterwards():
        yield
