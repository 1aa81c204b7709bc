"""Bringing the tables up to date: one process at a time, and with nobody locked out for long."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.core.management.commands import migrate as django_migrate
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.exceptions import AmbiguityError
from django.db.migrations.executor import MigrationExecutor

from apps.core.cache import caches
from apps.core.db.errors import QueryTimeoutError
from apps.core.db.transactions import Retry

logger = logging.getLogger(__name__)

LOCK_TIMEOUT = "5s"
"""A migration that gets no lock on a table for this long gives up: all who came after it wait
behind it. Then it tries again."""
RETRY = Retry(tries=12, base=1, ceiling=15)
_LOCK = 0x6D696772  # "migr"
_LOCK_NOT_AVAILABLE = "55P03"


class MigrationError(Exception):
    """The tables stay as they are; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Up or down to this migration of an app; `name` may be its beginning, or `zero` for none."""

    app: str
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    migration: Migration
    backwards: bool

    def __str__(self) -> str:
        return f"{'unapply' if self.backwards else 'apply'} {_label(self.migration)}"


def migrate(
    target: Target | None = None, *, lock_timeout: str = LOCK_TIMEOUT, retry: Retry = RETRY
) -> None:
    """Apply what is missing, or go to the target; each migration and its time are logged.

    Another process that migrates is waited for. Raises MigrationError for a database that is newer
    than this code, for a target that is not there, and when a table stays locked.
    """
    with _alone(), _session_setting("lock_timeout", lock_timeout):
        failed = 0
        while plan(target):
            command = _TimedMigrate()
            try:
                call_command(command, *_arguments(target), interactive=False, verbosity=0)
            except QueryTimeoutError as error:
                failed += 1
                if error.sqlstate != _LOCK_NOT_AVAILABLE or not command.may_be_repeated:
                    raise
                if failed >= retry.tries:
                    message = f"{command.current} gets no lock on a table that somebody keeps"
                    raise MigrationError(message) from error
                logger.warning("%s waits for a lock on a table", command.current)
                time.sleep(retry.pause(failed))
            else:
                caches.drop_everything()  # they hold rows with other columns
                return


def plan(target: Target | None = None) -> list[Step]:
    """What `migrate` would do, in order. Raises MigrationError as it does."""
    executor = MigrationExecutor(connection)
    _refuse_newer(executor)
    nodes = executor.loader.graph.leaf_nodes() if target is None else [_node(executor, target)]
    return [Step(migration, backwards) for migration, backwards in executor.migration_plan(nodes)]


def sql(steps: Sequence[Step]) -> str:
    """The statements of the steps, as far as they can be told without running them."""
    loader = MigrationExecutor(connection).loader
    lines: list[str] = []
    for step in steps:
        lines += [f"-- {step}", *loader.collect_sql([(step.migration, step.backwards)])]
    return "\n".join(lines)


class _TimedMigrate(django_migrate.Command):
    current = ""
    may_be_repeated = True
    _begin = 0.0

    def migration_progress_callback(
        self,
        action: str,
        migration: Migration | None = None,
        fake: bool = False,  # noqa: ARG002, FBT001, FBT002  (Django's signature)
    ) -> None:
        if migration is None:
            return
        if action.endswith("_start"):
            self.current, self._begin = _label(migration), time.perf_counter()
            # What stops within a migration that is no transaction leaves a part of it behind.
            self.may_be_repeated = migration.atomic
        else:
            verb = "applied" if action.startswith("apply") else "unapplied"
            logger.info("%s %s in %.2f s", verb, self.current, time.perf_counter() - self._begin)


def _refuse_newer(executor: MigrationExecutor) -> None:
    loader = executor.loader
    known = {*loader.disk_migrations}
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in loader.migrated_apps and (app, name) not in known
    )
    if unknown:
        raise MigrationError(
            "The database is newer than this version of revenge: it has "
            f"{', '.join(unknown)}. Start the newer version, or restore the backup made before it."
        )


def _node(executor: MigrationExecutor, target: Target) -> tuple[str, str | None]:
    loader = executor.loader
    if target.name == "zero" and target.app in loader.migrated_apps:
        return target.app, None
    try:
        migration = loader.get_migration_by_prefix(target.app, target.name)
    except KeyError as error:
        raise MigrationError(f"There is no migration {target.app}.{target.name}") from error
    except AmbiguityError as error:
        raise MigrationError(
            f"More than one migration of {target.app} begins with {target.name}"
        ) from error
    return target.app, migration.name


def _arguments(target: Target | None) -> tuple[str, ...]:
    return () if target is None else (target.app, target.name)


def _label(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


@contextmanager
def _alone() -> Iterator[None]:
    """The lock is the connection's, so that a process that dies holds it no longer."""
    with _session_setting("statement_timeout", "0"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def _session_setting(name: str, value: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
        try:
            yield
        finally:
            cursor.execute(f"RESET {name}")
