"""Changes that ask for a recent sign-in; the app that signs people in says whether it was one."""

from collections.abc import Callable

from django.http import HttpRequest

from apps.core.requests import AuthenticatedRequest

Check = Callable[[HttpRequest], None]
"""Raises ForbiddenError where the sign-in was too long ago."""

Confirmation = Callable[[AuthenticatedRequest, str], None]
"""Raises InvalidInputError for a password that is not the user's, TooManyAttemptsError where one
has to wait."""

_checks: list[Check] = []
_confirmations: list[Confirmation] = []


def register(check: Check, confirmation: Confirmation) -> None:
    _checks.append(check)
    _confirmations.append(confirmation)


def require(request: HttpRequest) -> None:
    """Called by every view of a sensitive change, before it. Raises as the check does."""
    for check in _checks:
        check(request)


def confirm(request: AuthenticatedRequest, password: str) -> None:
    """For a change that asks for the password itself, however short ago the last one was given.
    Guesses count as those of signing in. Raises as the confirmation does."""
    for confirmation in _confirmations:
        confirmation(request, password)
