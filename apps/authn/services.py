"""Sign-in."""

from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import lockout, passwords
from apps.authn.lockout import Attempt
from apps.core.address import caller
from apps.core.context import current_origin
from apps.core.db.transactions import transaction
from apps.core.errors import SignInError, TooManyAttemptsError
from apps.core.metrics import AUTH_ATTEMPTS, OUTCOMES
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Algorithm, Limit
from apps.users import selectors as users
from apps.users.models import User

# What a flood may write into the log of activity.
_LOCKED: Final = Limit(1 / 900, burst=1, algorithm=Algorithm.FIXED)
_UNKNOWN: Final = Limit(1, burst=60, algorithm=Algorithm.FIXED)


def sign_in(*, username: str, password: str, device: str = "") -> User:
    """The user behind a name (or e-mail address) and a password. `device` is the cookie by which
    a browser is known (`lockout.device_remember`).

    Raises SignInError, with one message for an unknown name, a wrong password, a disabled account
    and too many attempts.
    """
    user = user_find(username)
    attempt = lockout.attempt(username=username, user=user, device=device)
    wait = None
    try:
        is_right = passwords.check(user=user, password=password, attempt=attempt)
    except TooManyAttemptsError as locked:
        is_right, wait = False, locked.retry_after
        _record_locked(username, user, attempt)
    else:
        if not is_right:
            _record_failed(username, user)
    AUTH_ATTEMPTS.labels("password", OUTCOMES[is_right]).inc()
    if user is None or not is_right:
        error = SignInError(_("The name or the password is wrong."))
        error.retry_after = wait
        raise error
    _signed_in(user)
    return user


def user_find(name: str) -> User | None:
    """By user name or e-mail address, whatever the case."""
    # A user name has no @, so that at most one account can match.
    return User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).first()


@transaction()
def _signed_in(user: User) -> None:
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    users.USERS.drop_on_commit(user.pk.hex)
    activity.record(Action.LOGIN, actor=user, resource=user)


def _record_failed(username: str, user: User | None) -> None:
    """What concerns an account is bounded by its lock-out."""
    if user is not None or check("failures-recorded", _UNKNOWN).is_allowed:
        activity.record(Action.LOGIN_FAILED, resource=user, username=username, success=False)


def _record_locked(username: str, user: User | None, attempt: Attempt) -> None:
    """The first of a time, for an account and for an address."""
    subjects = (attempt.subject, caller(current_origin.get().address))
    if all(check("lock-outs-recorded", _LOCKED, each).is_allowed for each in subjects):
        activity.record(Action.LOGIN_LOCKED, resource=user, username=username, success=False)
