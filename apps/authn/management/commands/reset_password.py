import getpass
import sys

from django.core.management.base import CommandError

from apps.authn import password_changes
from apps.authn.management.accounts import AccountCommand
from apps.users.models import User


class Command(AccountCommand):
    help = (
        "Set a new password for an account, and sign it out everywhere. Asks for the password, or "
        "reads the first line of what is piped in."
    )

    def run(self, user: User) -> str:
        password_changes.password_set(user=user, new_password=_asked(user))
        state = "" if user.is_active else " The account is switched off."
        return f"{user.username} has a new password and is signed out everywhere.{state}"


def _asked(user: User) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(f"New password for {user.username}: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords differ.")
    return password
