"""The default connection on another database, or with another pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection


@contextmanager
def database_of(**changes: Any) -> Iterator[None]:
    """For this thread, and for threads that it starts. Nobody else may use the connection."""
    before = connection.settings_dict.copy()
    _leave()
    connection.settings_dict.update(changes)
    try:
        yield
    finally:
        _leave()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)


@contextmanager
def pool_of(**options: Any) -> Iterator[None]:
    usual = connection.settings_dict["OPTIONS"]
    with database_of(OPTIONS={**usual, "pool": {**usual["pool"], **options}}):
        yield


@contextmanager
def scratch_database() -> Iterator[None]:
    """A migrated database without rows, whose tables a test may change."""
    name = f"{connection.settings_dict['NAME']}_scratch"
    template = settings.DATABASES["default"]["TEST"]["TEMPLATE"]
    _leave()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        with database_of(NAME=name):
            yield
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def address() -> str:
    """Of the database that the test writes to, for another process's DATABASE_URL."""
    values = connection.get_connection_params()
    return (
        f"postgres://{values['user']}:{values['password']}@/{values['dbname']}"
        f"?host={values['host']}&port={values.get('port') or 5432}"
    )


def _leave() -> None:
    ContentType.objects.clear_cache()  # its ids are the database's
    connection.close()
    connection.close_pool()
