"""When a job that failed is tried again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with full jitter: a random time up to `base` doubled with each try, at
    most `ceiling`, in seconds.
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    `errors` are the dotted names of what counts as transient, subclasses included: by name, so
    that nobody loads a library only to name its errors.
    """

    errors: frozenset[str] = frozenset()
    tries: int = 1
    base: float = 2
    ceiling: float = 300

    def delay(self, error: BaseException, *, tried: int) -> timedelta | None:
        """How long to wait after the failure number `tried`; None when it is the last."""
        if tried >= self.tries or self.errors.isdisjoint(_names(error)):
            return None
        most = min(self.ceiling, self.base * 2 ** (tried - 1))
        return timedelta(seconds=random.uniform(0, most))  # noqa: S311  (spreads load)


def _names(error: BaseException) -> Iterator[str]:
    for cls in type(error).__mro__:
        yield f"{cls.__module__}.{cls.__qualname__}"


class Retry(Enum):
    NEVER = RetryPolicy()
    TRANSIENT_NETWORK = RetryPolicy(
        errors=frozenset(
            {
                "builtins.ConnectionError",
                "builtins.TimeoutError",
                "httpx.TransportError",
                "requests.exceptions.ConnectionError",
                "requests.exceptions.Timeout",
                "apps.core.errors.UnavailableError",
            }
        ),
        tries=6,
    )
    DATABASE = RetryPolicy(
        errors=frozenset({"django.db.utils.OperationalError", "apps.core.errors.UnavailableError"}),
        tries=6,
        base=1,
        ceiling=60,
    )
    # For two hours or so: longer than that nobody waits for a link.
    MAIL = RetryPolicy(
        errors=frozenset({"apps.core.errors.UnavailableError"}), tries=20, base=5, ceiling=900
    )
