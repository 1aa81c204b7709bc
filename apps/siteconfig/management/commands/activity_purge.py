from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from apps.activity import retention, selectors
from apps.siteconfig.declared import ACTIVITY_DAYS


class Command(BaseCommand):
    help = "Delete what has been in the log of activity for longer than the setting allows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count it")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        kept = timedelta(days=ACTIVITY_DAYS.get())
        if dry_run:
            found = selectors.outdated(kept=kept)
            for action, number in sorted(found.items()):
                self.stdout.write(f"{action}: {number}")
            self.stdout.write(f"would be removed: {sum(found.values())}")
            return
        self.stdout.write(f"removed: {retention.purge(kept=kept)}")
