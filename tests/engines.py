"""Starts the real engines once for a test run, before Django reads its settings.

Loaded with `-p tests.engines`. With several processes the controller starts them, and each
process has its own database (from one migrated template), key prefix and data folder.
"""

import atexit
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from revenge.stack.testing import EmbeddedEngines, embedded_engines, scratch_folder

PROJECT = Path(__file__).resolve().parent.parent
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_resources = ExitStack()


def _start() -> EmbeddedEngines:
    engines = _resources.enter_context(embedded_engines(_resources.enter_context(scratch_folder())))
    os.environ.update(engines.environment)
    _make_template(engines.environment["DATABASE_URL"])
    return engines


def _make_template(address: str) -> None:
    """Migrate the engine's own database once; every test database is a copy of it."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": address},
        check=True,
        timeout=120,
    )


def pytest_unconfigure() -> None:
    _resources.close()


# For a run that ends before it began; at that time Python 3.12 starts no threads any more.
atexit.register(_resources.close)
os.environ["REVENGE_SECRET_KEY"] = "test-key-" * 8
os.environ["REVENGE_KEY_PREFIX"] = f"test-{_worker}"
os.environ["REVENGE_DATA_DIR"] = str(_resources.enter_context(scratch_folder()))
for _tier in ("GLOBAL", "AUTH", "MEDIA"):
    os.environ[f"REVENGE_LIMIT_{_tier}"] = "10000/100000"
for _name in [name for name in os.environ if name.startswith("REVENGE_ADMIN_")]:
    del os.environ[_name]
os.environ.pop("REVENGE_MEDIA", None)
if _worker == "main":
    _start()
