from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from apps.libraries import retention
from apps.siteconfig.declared import MISSING_FILES_DAYS


class Command(BaseCommand):
    help = "Forget files, folders and libraries that have been gone for longer than they are kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        kept = timedelta(days=MISSING_FILES_DAYS.get())
        done = retention.preview(kept=kept) if dry_run else retention.purge(kept=kept)
        what = "would be forgotten" if dry_run else "forgotten"
        self.stdout.write(
            f"{what}: files {done.files}, films {done.works}, folders {done.roots}, "
            f"libraries {done.libraries}"
        )
