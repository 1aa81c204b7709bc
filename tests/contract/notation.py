"""Reads `api-v1.txt` into JSON schemas."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "i64": {"type": "integer"},
    "num": {"type": "number"},
    "f32": {"type": "number"},
    "bool": {"type": "boolean"},
    "uuid": {"type": "string", "format": "uuid"},
    "dt": {"type": "string", "format": "date-time", "pattern": r"^[^ ]+T[^ ]+Z$"},
    "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"},
    "obj": {"type": "object"},
    "file": {"type": "string", "format": "binary"},
}
_FIELD = re.compile(r"(\w+)(\*?)(?::(\[\w+\]|\[?\([^)]*\)\]?|\{[^}]*\}|\w+))?(\??)")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    who: str
    query: Schema
    body: Schema
    success: str
    answer: str
    errors: frozenset[str]


@cache
def _lines() -> list[str]:
    text = (Path(__file__).parent / "api-v1.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def schemas() -> dict[str, Schema]:
    """By name; references are to `#/$defs/`."""
    named = [line[2:].split(": ", 1) for line in _lines() if line.startswith("- ")]
    return {name: _object(fields) for name, fields in named}


def operations() -> list[Operation]:
    return [_operation(line) for line in _lines() if not line.startswith("- ")]


def answer_schema(answer: str) -> Schema:
    """Of `Movie` or `[Movie]`, with all definitions."""
    return {**_type(answer), "$defs": schemas()}


def _operation(line: str) -> Operation:
    address, who, *inputs, result = line.split(" | ")
    method, path = address.split()
    success, answer, errors = re.fullmatch(r"-> (\d+)(?: ([^!]\S*))?(?: !(.*))?", result).groups()  # type: ignore[union-attr]
    given = dict(part.split(" ", 1) for part in inputs)
    body = given.get("body", "")
    return Operation(
        method=method,
        path=path,
        who=who,
        query=_object(given.get("q", "")),
        body=_object(body[body.find("{") + 1 : -1]),
        success=success,
        answer=answer or "",
        errors=frozenset(re.findall(r"\d{3}", errors or "")),
    )


def _object(fields: str) -> Schema:
    found = [match.groups() for match in _FIELD.finditer(fields)]
    return {
        "type": "object",
        "properties": {
            name: _nullable(_type(kind or "str")) if nullable else _type(kind or "str")
            for name, _, kind, nullable in found
        },
        "required": [name for name, required, _, _ in found if required],
        "additionalProperties": False,
    }


def _type(kind: str) -> Schema:
    if kind.startswith("["):
        return {"type": "array", "items": _type(kind[1:-1])}
    if kind.startswith("("):
        options = kind[1:-1].split("|")
        if set(options) <= _TYPES.keys():
            return {"oneOf": [_TYPES[option] for option in options]}
        return {"type": "string", "enum": options}
    if kind.startswith("{"):
        return _object(kind[1:-1])
    return dict(_TYPES[kind]) if kind in _TYPES else {"$ref": f"#/$defs/{kind}"}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}
