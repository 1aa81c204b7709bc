"""Which job, and on whose behalf, the code at hand runs; for log lines and for jobs it starts."""

from contextvars import ContextVar
from uuid import UUID

current_job_id: ContextVar[UUID | None] = ContextVar("current_job_id", default=None)
current_user_id: ContextVar[UUID | None] = ContextVar("current_user_id", default=None)
