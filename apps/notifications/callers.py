"""Who listens to events: by a session or an API key, and for as long as that lives."""

from functools import partial

from apps.apikeys import checking as keys
from apps.apikeys.checking import LiveKey
from apps.authn import sessions
from apps.authn.sessions import LiveSession
from apps.authn.tokens import AccessClaims
from apps.core.events import topics
from apps.core.events.connections import Hearing, Subscription
from apps.core.events.types import Category, Position
from apps.core.policy import Access

Caller = LiveSession | LiveKey


def renewed(caller: Caller) -> Caller | None:
    """The same session or key, if it still lives."""
    if isinstance(caller, LiveKey):
        return keys.key_recheck(key_id=caller.id)
    return sessions.session_check(AccessClaims(caller.user.pk, caller.id))


def hearing(caller: Caller) -> Hearing:
    """An administrator hears everything, but by a key that may not administrate."""
    is_admin = caller.user.is_admin
    if isinstance(caller, LiveKey):
        is_admin = is_admin and caller.permits(Access.ADMIN, "GET")
    return Hearing(caller.user.pk, topics.heard_by(caller.user), is_admin)


def subscription(
    caller: Caller, *, categories: frozenset[Category], resumes_after: Position | None
) -> Subscription:
    return Subscription(hearing(caller), partial(_renew, caller), categories, resumes_after)


def _renew(caller: Caller) -> Hearing | None:
    present = renewed(caller)
    return None if present is None else hearing(present)
