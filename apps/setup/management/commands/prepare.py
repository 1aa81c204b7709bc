from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.setup import preparing
from revenge.env import EnvError


class Command(BaseCommand):
    help = (
        "Make the server ready to start: migrate, collect static files, seed schedules, and on "
        "the first run the administrator and the library of the environment. Lines that begin "
        "with '!' are for the person at the console."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            preparing.database_wait(seconds=60)
            preparing.migrate()
            preparing.static_collect()
            preparing.schedules_seed()
            preparing.admin_ensure()
            preparing.libraries_ensure()
            preparing.work_resume()
            link = preparing.setup_link()
        except (preparing.PreparationError, EnvError) as error:
            raise CommandError(str(error)) from error
        if link is not None:
            self.stdout.write(f"! Make the first administrator: {link}")
