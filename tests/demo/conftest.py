"""The demo library, generated once for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revenge.demo.library import ensure_demo_library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read it, never change it."""
    return ensure_demo_library(tmp_path_factory.mktemp("demo") / "Films")
