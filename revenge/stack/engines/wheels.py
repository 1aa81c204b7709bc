"""Where the engines' wheels put their files, found without importing them."""

from importlib.util import find_spec
from pathlib import Path


def folder(package: str) -> Path | None:
    """The folder of an installed package; None when there is no wheel for this platform."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])
