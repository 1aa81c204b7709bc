"""Secrets that are generated once and kept in `<data>/secrets/` (folder 0700, files 0600)."""

import os
import secrets
import tempfile
from pathlib import Path

_BYTES = 64


def stored_secret(data_dir: Path, name: str) -> str:
    """The secret `name` of this data folder, made on first use.

    URL-safe text of 64 random bytes, so it needs no quoting in URLs, SQL and configuration files.
    Two processes that ask at the same time get the same one. Raises OSError.
    """
    folder = data_dir / "secrets"
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path, secrets.token_urlsafe(_BYTES))
    return path.read_text(encoding="ascii").strip()


def stored_secrets(data_dir: Path) -> list[str]:
    """All that this data folder has. Raises OSError."""
    return [
        path.read_text(encoding="ascii").strip()
        for path in (data_dir / "secrets").iterdir()
        if not path.name.startswith(".")
    ]


def _create(path: Path, value: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails when the name exists: the first of two writers wins, and a reader never
        # sees a half-written secret.
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
