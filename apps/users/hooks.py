"""Where higher apps follow what happens to accounts. They register in their `AppConfig.ready`."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from apps.users.models import User

T = TypeVar("T")


class Hook(Generic[T]):
    def __init__(self) -> None:
        self._followers: list[Callable[[T], object]] = []

    def register(self, follower: Callable[[T], object]) -> None:
        self._followers.append(follower)

    def __call__(self, subject: T) -> None:
        """In the order of registration; what one raises undoes the change."""
        for follower in self._followers:
            follower(subject)


email_changed: Final[Hook[User]] = Hook()
"""In the transaction that gave the account an address that nobody has confirmed."""
address_left: Final[Hook[tuple[User, str]]] = Hook()
"""In the transaction that gave the account another address: the account, and the one before."""
access_ended: Final[Hook[User]] = Hook()
"""In the transaction that switched the account off or gave it a password of somebody else's."""
anonymised: Final[Hook[User]] = Hook()
"""In the transaction that took the person's name from a deleted account."""
