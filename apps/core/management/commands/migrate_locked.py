from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.db import migrating
from apps.core.db.migrating import MigrationError, Target


class Command(BaseCommand):
    help = (
        "Bring the tables up to date, or back to an earlier migration: one process at a time, "
        "giving way to others who use the tables, each migration timed in the log. Refuses a "
        "database that is newer than the code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            nargs=2,
            metavar=("APP", "NAME"),
            help="up or down to this migration; NAME may be its beginning, or 'zero'",
        )
        shown = parser.add_mutually_exclusive_group()
        shown.add_argument("--plan", action="store_true", help="say what would be done")
        shown.add_argument("--dry-run", action="store_true", help="print the SQL of it")

    def handle(self, *_args: Any, **options: Any) -> None:
        target = Target(*options["to"]) if options["to"] else None
        try:
            if options["plan"] or options["dry_run"]:
                self._show(target, with_sql=options["dry_run"])
            else:
                migrating.migrate(target)
        except MigrationError as error:
            raise CommandError(str(error)) from error

    def _show(self, target: Target | None, *, with_sql: bool) -> None:
        steps = migrating.plan(target)
        shown = migrating.sql(steps) if with_sql else "\n".join(map(str, steps))
        self.stdout.write(shown or "Nothing to do.")
