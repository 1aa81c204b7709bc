"""New passwords: changed by who knows the old one, or reset by who reads the account's mail."""

import json
import uuid
from typing import Final

from django.db.transaction import on_commit
from django.utils import translation
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import lockout, mailed, passwords, sessions, tasks
from apps.core import context, crypto
from apps.core.address import caller
from apps.core.context import Origin
from apps.core.crypto import SealError
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError
from apps.core.jobs import outbox
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Algorithm, Limit
from apps.users import services as users
from apps.users.models import User

_PURPOSE: Final = "password reset"
_REQUESTS: Final = Limit(20 / 3600, burst=20, algorithm=Algorithm.FIXED)
"""Of one address."""
_MAILS: Final = Limit(3 / 3600, burst=3, algorithm=Algorithm.FIXED)
"""To one account."""


def password_change(
    *, user: User, old_password: str, new_password: str, keep: uuid.UUID | None, device: str = ""
) -> None:
    """All sessions end but `keep`.

    Raises InvalidInputError for a wrong old password or a weak new one, TooManyAttemptsError
    where one has to wait.
    """
    attempt = lockout.attempt(username=user.username, user=user, device=device)
    if not passwords.check(user=user, password=old_password, attempt=attempt):
        activity.record(Action.PASSWORD_CHANGE, actor=user, resource=user, success=False)
        wrong = _("The old password is wrong.")
        raise InvalidInputError(wrong, {"old_password": [wrong]})
    with passwords.turn(), transaction():
        _set(user, new_password)
        sessions.sessions_end_others(user=user, keep=keep)
        activity.record(Action.PASSWORD_CHANGE, actor=user, resource=user)


def reset_request(*, email: str) -> None:
    """Have a code mailed to the account of this address. Whether there is one is found out by the
    job: whoever asks sees no difference, and waits no longer for one answer than for another."""
    origin = context.current_origin.get()
    if not check("password-resets", _REQUESTS, caller(origin.address)).is_allowed:
        return
    asked = json.dumps([email, translation.get_language(), origin.address, origin.agent])
    outbox.enqueue(tasks.password_reset_mail, crypto.seal(asked, purpose=_PURPOSE))


def reset_mail(*, sealed: str) -> None:
    """The job of `reset_request`."""
    try:
        email, language, address, agent = json.loads(crypto.unseal(sealed, purpose=_PURPOSE))
    except SealError:
        return  # asked for before the server had another secret key
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None or not check("reset-mails", _MAILS, user.pk).is_allowed:
        return
    user.locale = user.locale or language
    with context.asked_from(Origin(address, agent)), transaction():
        mailed.token_send(user=user, purpose=mailed.Purpose.RESET)
        activity.record(Action.PASSWORD_RESET_REQUEST, resource=user, username=user.username)


def password_reset(*, token: str, new_password: str) -> User:
    """All sessions end. Raises InvalidInputError for a code that is not valid, which stays valid
    where only the password is too weak."""
    with passwords.turn(), transaction():
        user = mailed.token_redeem(token=token, purpose=mailed.Purpose.RESET).user
        _replace(user, new_password)
        activity.record(Action.PASSWORD_RESET, actor=user, resource=user)
    return user


def password_set(*, user: User, new_password: str) -> None:
    """By whoever may run commands on the server. All sessions end.

    Raises InvalidInputError for a weak password.
    """
    with passwords.turn(), transaction():
        _replace(user, new_password)
        activity.record(Action.PASSWORD_RESET, resource=user, metadata={"by": "command line"})


def _replace(user: User, new_password: str) -> None:
    """For who does not know the old one."""
    _set(user, new_password)
    sessions.sessions_end_all(user=user)
    on_commit(lambda: lockout.forget(user))


def _set(user: User, new_password: str) -> None:
    """What is wrong with it is said of the field that it came in."""
    try:
        users.user_set_password(user=user, password=new_password)
    except InvalidInputError as error:
        if reasons := error.details.pop("password", None):
            error.details["new_password"] = reasons
        raise
    mailed.resets_void(user)
    mailed.notify(user, "password_changed")
