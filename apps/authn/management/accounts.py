"""What the commands about accounts share."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.authn import services
from apps.core.errors import DomainError
from apps.users.models import User


class AccountCommand(BaseCommand):
    """A command about one account, which `run` is given."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name or e-mail address")

    def handle(self, *_args: Any, name: str, **_options: Any) -> None:
        user = services.user_find(name)
        if user is None:
            raise CommandError(f"There is no account {name!r}.")
        try:
            self.stdout.write(self.run(user))
        except DomainError as error:
            reasons = [text for texts in error.details.values() for text in texts]
            raise CommandError(" ".join(reasons or [error.message])) from error

    def run(self, user: User) -> str:
        """Do it; answers what was done, for people. May raise a DomainError."""
        raise NotImplementedError
