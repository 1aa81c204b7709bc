"""What a user hears of. Apps say which topics of theirs concern whom."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

Source = Callable[[Any], Iterable[str]]

_sources: list[Source] = []


def register(source: Source) -> None:
    """Topics hold no blanks."""
    _sources.append(source)


def of_user(user: "AbstractBaseUser") -> str:
    """The topic that nobody but this user hears."""
    return f"user:{user.pk}"


def heard_by(user: "AbstractBaseUser") -> frozenset[str]:
    return frozenset((of_user(user), *(topic for source in _sources for topic in source(user))))
