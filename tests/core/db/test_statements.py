"""Every statement is timed; a slow one is told, its parameters never."""

import logging

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from apps.libraries.models import Library


def _count(operation: str) -> float:
    name = "revenge_db_query_duration_seconds_count"
    return REGISTRY.get_sample_value(name, {"operation": operation}) or 0


def test_statements_are_counted_by_operation(db: None) -> None:  # noqa: ARG001
    before = {name: _count(name) for name in ("select", "insert", "update", "delete", "other")}
    library = Library.objects.create(name="A")
    library.save()
    with CaptureQueriesContext(connection):  # Django's own record of statements on
        assert Library.objects.exists()
    Library.objects.all()._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("\n  (SELECT 1)")
        cursor.execute("SHOW timezone")
        cursor.executemany("INSERT INTO libraries_library SELECT * FROM libraries_library", [])
    counted = {name: _count(name) - before[name] for name in before}
    assert counted == {"select": 2, "insert": 2, "update": 1, "delete": 1, "other": 1}


def test_a_slow_statement_is_told_without_its_parameters(
    db: None,  # noqa: ARG001
    settings: LazySettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DB_SLOW_SECONDS = 0
    Library.objects.filter(name="a-secret").exists()
    (record,) = [r for r in caplog.records if r.name == "apps.core.db.statements"]
    assert record.levelno == logging.WARNING
    assert "WHERE" in record.getMessage()
    assert "%s" in record.getMessage()
    assert "a-secret" not in record.getMessage()
    caplog.clear()
    settings.DB_SLOW_SECONDS = 60
    Library.objects.exists()
    assert not caplog.records
