"""Many rows at once, new or not.

They go to the database as one JSON text (`json_populate_recordset`). `bulk_create` looks at each
value several times in Python, and so does psycopg at each placeholder of its long statement: that
was a third of a scan's time.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import DataError, connection
from django.db.models import Field, Model

if TYPE_CHECKING:
    Fields = tuple[Field[Any, Any], ...]

M = TypeVar("M", bound=Model)

BATCH = 1000


def insert(rows: Iterable[M], *, ignore_conflicts: bool = False) -> None:
    """Insert rows, one statement for each BATCH; with `ignore_conflicts` those that are there
    already, by any of their keys, stay as they are. An id that the database gives is not read
    back.

    Raises IntegrityError, DataError.
    """
    _write(list(rows), "ON CONFLICT DO NOTHING" if ignore_conflicts else "")


def upsert(rows: Iterable[M], *, key: Sequence[str], columns: Sequence[str]) -> None:
    """Insert rows; where one with the same key is there, give it these columns instead
    (`INSERT … ON CONFLICT … DO UPDATE`), one statement for each BATCH.

    `key` names the columns of a unique constraint (by attribute: `root_id`), `columns` the fields
    that follow. Of rows with one key the last wins. They are written in the order of their keys,
    so that two writers of the same rows wait for each other and never in a circle. An id that the
    database has given is not read back. Raises IntegrityError, DataError.
    """
    key_of = attrgetter(*key)
    unique = {key_of(row): row for row in rows}
    if not unique:
        return
    ordered = [unique[one] for one in sorted(unique)]
    _write(ordered, _update(type(ordered[0]), tuple(key), tuple(columns)))


def _write(rows: Sequence[Model], conflict: str) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        model = type(batch[0])
        fields = _fields(model, has_id=batch[0].pk is not None)
        records = _json(_records(batch, fields))
        with connection.cursor() as cursor:
            cursor.execute(f"{_insert(model, fields)} {conflict}", [records])
        for row in batch:
            row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  (as Django)


def _records(rows: Sequence[Model], fields: "Fields") -> list[dict[str, Any]]:
    filled = [field for field in fields if type(field).pre_save is not Field.pre_save]
    for row in rows:
        for field in filled:  # such as times that are set by themselves
            field.pre_save(row, row._state.adding)  # noqa: SLF001  (Django's public name for it)
    names = [str(field.column) for field in fields]
    values_of = attrgetter(*(field.attname for field in fields))
    return [dict(zip(names, values_of(row), strict=True)) for row in rows]


def _json(records: Sequence[dict[str, Any]]) -> str:
    try:
        return json.dumps(records, default=_plain, allow_nan=False, separators=(",", ":"))
    except ValueError as error:  # NaN and the infinities, as what a broken file says of itself
        raise DataError(str(error)) from error


def _plain(value: object) -> str:
    """As PostgreSQL reads it."""
    if isinstance(value, UUID | date | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not written in bulk")


@cache
def _fields(model: type[Model], *, has_id: bool) -> "Fields":
    """What is written. Raises TypeError for a field that prepares its values in its own way."""
    fields = tuple(
        field
        for field in model._meta.concrete_fields  # noqa: SLF001  (Django's public name for it)
        if not field.generated and (has_id or not field.primary_key)
    )
    for field in fields:
        if not type(field).__module__.startswith("django."):
            raise TypeError(f"{field} is not written in bulk")
    return fields


@cache
def _insert(model: type[Model], fields: "Fields") -> str:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001  (Django's public name for it)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608  (the model's names)
        f" FROM json_populate_recordset(NULL::{table}, %s::json)"
    )


@cache
def _update(model: type[Model], key: Sequence[str], columns: Sequence[str]) -> str:
    def column(name: str) -> str:
        field = model._meta.get_field(name)  # noqa: SLF001  (Django's public name for it)
        assert isinstance(field, Field)  # noqa: S101
        return connection.ops.quote_name(str(field.column))

    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in map(column, columns))
    return f"ON CONFLICT ({', '.join(map(column, key))}) DO UPDATE SET {changes}"
