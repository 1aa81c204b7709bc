"""What PostgreSQL refuses, by SQLSTATE, as errors that a service can catch and an API can answer.

Each class is the exception of Django's that it always was, so that Django's own code and other
packages go on as before, and a `DomainError` with a status and a message that is safe to show.
`str(error)` is what PostgreSQL said and may hold values: it is for logs, never for clients.
"""

from typing import ClassVar

import psycopg
from django.db import IntegrityError, OperationalError
from django.utils.translation import gettext, gettext_noop
from psycopg_pool import PoolTimeout, TooManyRequests

from apps.core.errors import ConflictError, DomainError, InvalidInputError, UnavailableError


class SqlError(DomainError):
    """Made from the driver's error, which is its cause."""

    public_message: ClassVar[str]

    def __init__(self, cause: psycopg.Error) -> None:
        super().__init__(gettext(self.public_message))
        self.args = cause.args
        self.sqlstate = cause.sqlstate
        self.table = cause.diag.table_name
        self.constraint = cause.diag.constraint_name


class DuplicateError(SqlError, ConflictError, IntegrityError):
    public_message = gettext_noop("There is one already.")


class ForeignKeyError(SqlError, ConflictError, IntegrityError):
    """A row that is referred to is not there, or one that goes is still referred to."""

    public_message = gettext_noop("Something that belongs to it is missing or still in use.")


class CheckError(SqlError, InvalidInputError, IntegrityError):
    public_message = gettext_noop("A value is not allowed.")


class NotNullError(CheckError):
    public_message = gettext_noop("A value is missing.")


class TransientSqlError(SqlError, UnavailableError, OperationalError):
    """The same may succeed a little later."""

    retry_after = 2


class ConnectionFailedError(TransientSqlError):
    """PostgreSQL cannot be reached, or the connection to it broke."""

    public_message = gettext_noop("The database does not answer. Try again in a moment.")


class PoolExhaustedError(TransientSqlError):
    """Every connection of the process stayed in use for the pool's whole timeout."""

    public_message = gettext_noop("The server is busy. Try again in a moment.")


class DiskFullError(TransientSqlError):
    """The database has no room left to write to."""

    public_message = gettext_noop("The server's disk is full: nothing can be saved at present.")
    retry_after = 60


class QueryTimeoutError(TransientSqlError):
    """A statement, or its wait for a lock, took longer than it may."""

    public_message = gettext_noop("The database took too long. Try again in a moment.")


class SerializationError(TransientSqlError):
    """Another transaction changed what this one has read; run again, it may succeed."""

    public_message = gettext_noop("Somebody else changed the same thing. Try again.")


class DeadlockError(SerializationError):
    """This transaction and another waited for each other, and this one was ended."""


_BY_SQLSTATE: dict[str, type[SqlError]] = {
    "23001": ForeignKeyError,  # restrict_violation
    "23502": NotNullError,
    "23503": ForeignKeyError,
    "23505": DuplicateError,
    "23514": CheckError,
    "23P01": DuplicateError,  # exclusion_violation
    "25P03": QueryTimeoutError,  # idle_in_transaction_session_timeout
    "25P04": QueryTimeoutError,  # transaction_timeout
    "40001": SerializationError,
    "40P01": DeadlockError,
    "53100": DiskFullError,
    "53300": ConnectionFailedError,  # too_many_connections
    "55P03": QueryTimeoutError,  # lock_not_available
    "57014": QueryTimeoutError,  # query_canceled
    "57P01": ConnectionFailedError,  # admin_shutdown
    "57P02": ConnectionFailedError,  # crash_shutdown
    "57P03": ConnectionFailedError,  # cannot_connect_now
    "57P05": ConnectionFailedError,  # idle_session_timeout
}
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_CONNECTION_EXCEPTIONS = "08"


def translated(error: BaseException) -> SqlError | None:
    """The error for a driver's; None for one that only a fault of the server's can cause."""
    if not isinstance(error, psycopg.Error):
        return None
    kind = _kind(error)
    return kind(error) if kind else None


def _kind(error: psycopg.Error) -> type[SqlError] | None:
    if isinstance(error, PoolTimeout | TooManyRequests):
        return PoolExhaustedError
    if error.sqlstate is None:  # libpq's own: nothing came from the server
        return ConnectionFailedError if isinstance(error, psycopg.OperationalError) else None
    if error.sqlstate.startswith(_CONNECTION_EXCEPTIONS):
        return ConnectionFailedError
    return _BY_SQLSTATE.get(error.sqlstate)
