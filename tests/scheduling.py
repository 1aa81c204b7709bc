"""Which tests go to which process: a file to one, so that what it shares is made once.

Loaded with `-p tests.scheduling`. (xdist's own groups are not heard by pytest 9.2.)
"""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser/", "tests/demo/")
"""Folders whose files share a server and a browser, or a library."""
FIRST: Final = (
    "tests/libraries/test_survival.py",
    "tests/demo/",
    "tests/deploy/test_parts.py",
    "tests/browser/",
    "tests/core/jobs/test_survival.py",
    "tests/stack/",
    "tests/core/test_policy.py",
    "tests/libraries/",
)
"""What takes longest; the others fill the time that is left over at the end."""


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """In the order of the tests."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        folder = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
        return folder or nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    turns = (turn for turn, start in enumerate(FIRST) if item.nodeid.startswith(start))
    return next(turns, len(FIRST))


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    return FileScheduling(config, log)
