"""The demo library, generated once for all tests, also when several workers run them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from revenge.demo.library import ensure_demo_library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read it, never change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return ensure_demo_library(shared / "demo" / "Films")
