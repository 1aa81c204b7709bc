"""Errors of the domain. Services raise them; the API and the pages turn them into answers."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DomainError(Exception):
    """Something that the caller can act on; `message` may be shown to a person."""

    status = 500
    retry_after: int | None = None
    """Seconds after which it is worth trying again."""
    flags: ClassVar[Mapping[str, bool]] = {}
    """What a program is told beside the messages in `details`."""

    def __init__(self, message: str, details: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})


class InvalidInputError(DomainError):
    status = 400


class SignInError(DomainError):
    status = 401


class ForbiddenError(DomainError):
    status = 403


class StepUpRequiredError(ForbiddenError):
    """Whoever asks has to show again who it is."""

    flags = {"step_up": True}  # noqa: RUF012  (a ClassVar of the base class)


class NotFoundError(DomainError):
    status = 404


class ConflictError(DomainError):
    status = 409


class TooManyAttemptsError(DomainError):
    status = 429


class UnavailableError(DomainError):
    status = 503
