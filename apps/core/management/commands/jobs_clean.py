from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.jobs import tracking


class Command(BaseCommand):
    help = "Forget the jobs that ended more than REVENGE_JOBS_KEPT_DAYS days ago."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        if dry_run:
            found = tracking.outdated()
            for state, number in sorted(found.items()):
                self.stdout.write(f"{state}: {number}")
            self.stdout.write(f"would be removed: {sum(found.values())}")
            return
        self.stdout.write(f"removed: {tracking.clean()}")
