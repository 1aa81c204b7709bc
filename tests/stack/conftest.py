import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from revenge.stack import folders
from revenge.stack.folders import Folders


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path holds sockets and that every account may enter, unlike `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="rv-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def made(short_folder: Path) -> Folders:
    return folders.prepare(short_folder / "data")
