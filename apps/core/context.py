"""What a line in the log belongs to: request, user, job; handed on to the jobs that are started."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from structlog import contextvars

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id that the client was told; "" outside a request and the jobs that it started."""
current_user_id: ContextVar[UUID | None] = ContextVar("current_user_id", default=None)
"""Who asked for it; None where no policy has asked who it is."""
current_job_id: ContextVar[UUID | None] = ContextVar("current_job_id", default=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    agent: str = ""
    """The header User-Agent, cut to 400 characters."""


current_origin: ContextVar[Origin] = ContextVar("current_origin", default=Origin())  # noqa: B039
"""Of the request at hand; empty outside of one."""


@contextmanager
def in_request(request_id: str, origin: Origin) -> Iterator[None]:
    with _belonging(request_id=request_id):
        outer = current_origin.set(origin)
        try:
            yield
        finally:
            current_origin.reset(outer)


@contextmanager
def asked_from(origin: Origin) -> Iterator[None]:
    """For a job: where the request came from that asked for it."""
    outer = current_origin.set(origin)
    try:
        yield
    finally:
        current_origin.reset(outer)


@contextmanager
def in_job(*, job_id: UUID, task: str, request_id: str, user_id: UUID | None) -> Iterator[None]:
    """`request_id` and `user_id` are those that asked for the job."""
    with _belonging(request_id=request_id, user_id=user_id, job_id=job_id):
        contextvars.bind_contextvars(task=task)
        yield


def user_known(user: "AbstractBaseUser | AnonymousUser") -> None:
    """Called where a policy was checked, so that no log line asks the database who it is."""
    if user.pk is not None:
        current_user_id.set(user.pk)
        contextvars.bind_contextvars(user_id=str(user.pk))


@contextmanager
def _belonging(
    *, request_id: str, user_id: UUID | None = None, job_id: UUID | None = None
) -> Iterator[None]:
    # Threads are used again: what the last one has left is not ours.
    contextvars.clear_contextvars()
    request = current_request_id.set(request_id)
    user = current_user_id.set(user_id)
    job = current_job_id.set(job_id)
    named = {"request_id": request_id, "user_id": user_id, "job_id": job_id}
    contextvars.bind_contextvars(**{key: str(value) for key, value in named.items() if value})
    try:
        yield
    finally:
        current_job_id.reset(job)
        current_user_id.reset(user)
        current_request_id.reset(request)
        contextvars.clear_contextvars()
