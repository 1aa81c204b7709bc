"""Rows of the test's own transaction, which never ends."""

from django.db import connection

from apps.core.cache import caches


def as_committed() -> None:
    """What was written counts as committed from here on: the caches keep what is read of it, which
    they pass by as long as a drop waits for the transaction. Nothing else that waits is done."""
    connection.run_on_commit.clear()
    caches.drop_everything()
