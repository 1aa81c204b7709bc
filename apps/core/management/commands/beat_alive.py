import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.monitoring import jobs
from apps.core.valkey.clients import AWAY


class Command(BaseCommand):
    help = "For health checks: fails when no beat was heard lately."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            last = jobs.last_heard().get(jobs.BEAT)
        except AWAY as error:
            raise CommandError(f"Nobody is heard without the broker: {error}") from error
        if last is None:
            raise CommandError("Beat has never been heard.")
        silent = time.time() - last
        if silent > jobs.LOST_AFTER_SECONDS:
            raise CommandError(f"Beat was last heard {silent:.0f} s ago.")
