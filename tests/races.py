"""Races: what is done at one moment, on two connections or more."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from tests.waiting import until


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What the calls answer or raise, each made on a connection of its own at one moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return call()
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def until_blocked() -> None:
    """Wait until some connection waits for a lock that this one holds."""

    def is_blocked() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks "
                "WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            (blocked,) = cursor.fetchone() or (0,)
        return bool(blocked)

    until(is_blocked, seconds=60)
