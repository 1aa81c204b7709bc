"""compose.yaml as Docker Compose reads it: merged, interpolated, one record a service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from revenge.stack.config import PROJECT

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*))?\})")
OWN_IMAGE = "revenge:parts"

document: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
variables = {
    match["name"]
    for match in _VARIABLE.finditer((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
    if match["name"]
}


def dotenv() -> dict[str, str]:
    """The variables of .env."""
    lines = (PROJECT / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True)
class Service:
    name: str
    fields: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        return bool(self.fields["image"] == OWN_IMAGE)

    @property
    def secrets(self) -> set[str]:
        return set(self.fields.get("secrets", ()))

    @property
    def networks(self) -> set[str]:
        return set(self.fields["networks"])

    @property
    def check(self) -> list[str]:
        """The health check's command; empty when it is disabled."""
        test = self.fields["healthcheck"].get("test", [])
        return list(test[1:])

    @property
    def text(self) -> str:
        """Everything that is said about it."""
        return yaml.safe_dump(dict(self.fields))


def services(environment: Mapping[str, str] | None = None) -> dict[str, Service]:
    """By name; `environment` is what the variables of the file are taken from."""
    given = {} if environment is None else environment
    return {
        name: Service(name, _interpolated(fields, given))
        for name, fields in document["services"].items()
    }


def _interpolated(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(inner, given) for key, inner in value.items()}
    if isinstance(value, list):
        return [_interpolated(inner, given) for inner in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, given), value)
    return value


def _value(match: re.Match[str], given: Mapping[str, str]) -> str:
    if match["name"] is None:
        return "$"
    return given.get(match["name"]) or match["default"] or ""
