"""Changes that ask for a recent sign-in; the app that signs people in says whether it was one."""

from collections.abc import Callable

from django.http import HttpRequest

Check = Callable[[HttpRequest], None]
"""Raises ForbiddenError where the sign-in was too long ago."""

_checks: list[Check] = []


def register(check: Check) -> None:
    _checks.append(check)


def require(request: HttpRequest) -> None:
    """Called by every view of a sensitive change, before it. Raises as the check does."""
    for check in _checks:
        check(request)
