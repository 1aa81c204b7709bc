"""What a running stack leaves for other processes in `<data>/run/`.

`engines.env` holds the addresses of the engines for `manage.py` commands in other terminals;
`state.json` holds the parts with their process ids for `manage.py stack status`, and for whoever
has to end what a killed supervisor left behind.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from revenge.stack.files import write_atomically


@dataclass(frozen=True, slots=True)
class PartRecord:
    """`since` is a Unix time; `pid` is 0 while no process runs, and its process group's id."""

    name: str
    state: str
    pid: int
    started: str
    since: float
    restarts: int


@dataclass(frozen=True, slots=True)
class StackRecord:
    supervisor: int
    boot: str
    address: str
    parts: tuple[PartRecord, ...]


def engines_env(data_dir: Path) -> dict[str, str]:
    """The environment of the stack that runs on `data_dir`; empty when none does."""
    try:
        lines = _engines_path(data_dir).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_engines_env(data_dir: Path, environment: Mapping[str, str]) -> None:
    content = "".join(f"{name}={value}\n" for name, value in environment.items())
    write_atomically(_engines_path(data_dir), content)


def read_state(data_dir: Path) -> StackRecord | None:
    try:
        fields = json.loads(state_path(data_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    parts = tuple(PartRecord(**part) for part in fields.pop("parts"))
    return StackRecord(**fields, parts=parts)


def write_state(data_dir: Path, record: StackRecord) -> None:
    write_atomically(state_path(data_dir), json.dumps(asdict(record)))


def remove(data_dir: Path) -> None:
    """After a clean stop nothing points to engines or processes that are gone."""
    _engines_path(data_dir).unlink(missing_ok=True)
    state_path(data_dir).unlink(missing_ok=True)


def _engines_path(data_dir: Path) -> Path:
    return data_dir / "run" / "engines.env"


def state_path(data_dir: Path) -> Path:
    return data_dir / "run" / "state.json"
