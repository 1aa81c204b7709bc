from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.health import HEARTBEAT_SECONDS
from apps.core.jobs import schedules

_LATEST = timedelta(seconds=4 * HEARTBEAT_SECONDS)


class Command(BaseCommand):
    help = "For health checks: fails when beat, which sends a heartbeat, has sent nothing lately."

    def handle(self, *_args: Any, **_options: Any) -> None:
        last = schedules.last_turn()
        if last is None or timezone.now() - last > _LATEST:
            raise CommandError(f"Beat has sent nothing since {last or 'its schedules were made'}.")
