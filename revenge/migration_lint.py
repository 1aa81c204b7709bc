"""Which migrations would lock a large table, says squawk (https://squawkhq.com).

The first migrations of an app make its tables, which are empty. In every later one a statement
that keeps others from a table for as long as it takes to read it all is refused, unless the
migration says why that does no harm:

    # squawk: allow require-concurrent-index-creation: a table of at most a few hundred rows
"""

import json
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.migrations import Migration

LOCKING = frozenset({
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-primary-key-constraint",
    "adding-required-field",
    "adding-serial-primary-key-field",
    "ban-concurrent-index-creation-in-transaction",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "require-concurrent-reindex",
})  # fmt: skip
_ALLOWED = re.compile(r"^\s*# squawk: allow ([a-z-]+): \S", re.MULTILINE)
_PROJECT = Path(__file__).resolve().parent.parent


def later_migrations() -> list[Path]:
    """Of our own apps, those that do not make an app's first tables."""
    files = sorted(_PROJECT.glob("apps/*/migrations/[0-9]*.py"))
    return [file for file in files if "initial = True" not in file.read_text()]


def check() -> list[str]:
    """What the later migrations would lock. Migrates the database, which is an empty one: how a
    constraint is called, for one, is known only when it is there."""
    from django.db import connection  # noqa: PLC0415  (after the settings)
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    later = {(file.parent.parent.name, file.stem): file for file in later_migrations()}
    found: list[str] = []

    def before(action: str, migration: "Migration | None" = None, _fake: object = None) -> None:
        if action == "apply_start" and migration is not None:
            file = later.get((migration.app_label, migration.name))
            if file is not None:
                statements = executor.loader.collect_sql([(migration, False)])
                found.extend(problems(file, statements, is_atomic=migration.atomic))

    executor = MigrationExecutor(connection, before)
    executor.migrate(executor.loader.graph.leaf_nodes())
    return found


def problems(file: Path, statements: list[str], *, is_atomic: bool) -> Iterator[str]:
    """A line for each statement of a migration that would lock a table and has no excuse."""
    allowed = set(_ALLOWED.findall(file.read_text()))
    if is_atomic:
        statements = ["BEGIN;", *statements, "COMMIT;"]
    for rule, message in _squawk("\n".join(statements)):
        if rule not in allowed:
            yield f"{file.relative_to(_PROJECT)}: {rule}: {message}"


def _squawk(sql: str) -> Iterator[tuple[str, str]]:
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    answer = subprocess.run(
        [squawk, "--reporter", "json"], input=sql, capture_output=True, text=True, check=False
    )
    for found in json.loads(answer.stdout):
        if found["rule_name"] in LOCKING or found["level"] == "Error":
            yield found["rule_name"], found["message"]
