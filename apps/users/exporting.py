"""What an export of somebody's data is made of. Each app registers what it knows of a person."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import Model, QuerySet

from apps.users.models import User

Rows = Iterable[Mapping[str, object]]
Exporter = Callable[[User], Rows]
"""Everything of one kind about a user, in values that `plain` knows."""

_exporters: dict[str, Exporter] = {}
_file_exporters: list[Callable[[User], Iterable[Path]]] = []


def register(name: str, exporter: Exporter) -> None:
    """Have it in every export, as `name`.json."""
    _exporters[name] = exporter


def register_files(exporter: Callable[[User], Iterable[Path]]) -> None:
    _file_exporters.append(exporter)


def parts(user: User) -> Iterator[tuple[str, Rows]]:
    for name, exporter in sorted(_exporters.items()):
        yield name, exporter(user)


def files(user: User) -> Iterator[Path]:
    for exporter in _file_exporters:
        yield from exporter(user)


def rows(queryset: QuerySet[Any], *fields: str) -> Rows:
    """These columns of a table, read as they are written."""
    return queryset.values(*fields).iterator(chunk_size=1000)


def columns(row: Model, *left_out: str) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001  (public API)
        if field.attname not in left_out
    }


def plain(value: object) -> str:
    """For `json.dump(default=…)`. Raises TypeError."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(type(value).__name__)
