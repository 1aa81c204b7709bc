"""What people do to jobs by hand, told to whoever has asked to know."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class Kind(StrEnum):
    CANCEL = "cancel"
    RETRY = "retry"
    RUN = "run"
    CHANGE = "change"
    """Of a schedule: made, changed, switched on or off, deleted."""


@dataclass(frozen=True, slots=True)
class Intervention:
    kind: Kind
    user: "AbstractBaseUser | AnonymousUser"
    name: str
    """Of the job or the schedule."""
    job_id: UUID | None = None


Listener = Callable[[Intervention], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """It is called in the transaction of the intervention."""
    _listeners.append(listener)


def tell(intervention: Intervention) -> None:
    for listener in _listeners:
        listener(intervention)
