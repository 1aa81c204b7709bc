"""Checking passwords: whose, and what they may be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from apps.authn import hashers
from apps.authn.lockout import Attempt
from apps.core.errors import TooManyAttemptsError
from apps.users.models import User

MOST: Final = 1024
"""Characters."""
_BCRYPT: Final = ("$2a$", "$2b$", "$2y$")


class MaximumLengthValidator:
    """Hashing takes longer with every character."""

    def validate(self, password: str, _user: User | None = None) -> None:
        if len(password) > MOST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("At most %(most)d characters.") % {"most": MOST}


def is_right(user: User | None, password: str) -> bool:
    """Whether it is the user's; a hash of an older kind is replaced then. Nobody's is wrong, and
    takes as long."""
    if len(password) > MOST:
        return False
    if user is None:
        User().set_password(password)
        return False
    if user.password.startswith(_BCRYPT):
        # As another server stored it: Django wants to see the algorithm's name.
        user.password = f"bcrypt${user.password}"
    return user.check_password(password)


@contextmanager
def turn(user: User | None = None) -> Iterator[None]:
    """A turn at hashing; whoever waits for it keeps no connection that others need."""
    kib = hashers.memory_of(user.password if user else "")
    if not connection.in_atomic_block:
        connection.close()
    with hashers.gate.hold(kib):
        yield


def check(*, user: User | None, password: str, attempt: Attempt) -> bool:
    """Whether it is the password of the user, who may sign in.

    Raises TooManyAttemptsError where one has to wait. Attempts under way are not counted yet:
    there are never more of them than turns at hashing.
    """
    if not (wait := attempt.wait()):
        with turn(user):
            if not (wait := attempt.wait(is_begun=True)):
                return _counted(attempt, is_right=is_right(user, password), user=user)
    error = TooManyAttemptsError(_("Too many wrong passwords: try again later."))
    error.retry_after = wait
    raise error


def _counted(attempt: Attempt, *, is_right: bool, user: User | None) -> bool:
    if is_right and user is not None and user.is_active:
        attempt.succeeded()
        return True
    attempt.failed()
    return False
