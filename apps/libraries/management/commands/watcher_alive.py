from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.libraries.watch import report


class Command(BaseCommand):
    help = "For health checks: fails when the watcher of folders was not heard lately."

    def handle(self, *_args: Any, **_options: Any) -> None:
        heard = report.heard()
        if heard is None:
            raise CommandError("The watcher has never been heard, or its news cannot be read.")
        if heard[0] > report.LOST_AFTER_SECONDS:
            raise CommandError(f"The watcher was last heard {heard[0]:.0f} s ago.")
