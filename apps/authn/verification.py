"""Showing that an e-mail address is one's own."""

from typing import Final

from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import mailed
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError, TooManyAttemptsError
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Algorithm, Limit
from apps.users import services as users
from apps.users.models import User

_MAILS: Final = Limit(5 / 3600, burst=5, algorithm=Algorithm.FIXED)


def verification_send(*, user: User) -> None:
    """Mail a code to an address that is not verified yet; those before it stop working.

    Raises TooManyAttemptsError where that was asked for too often.
    """
    if user.email_verified:
        return
    verdict = check("verification-mails", _MAILS, user.pk)
    if not verdict.is_allowed:
        error = TooManyAttemptsError(_("Mails were sent already: look for them, or try later."))
        error.retry_after = int(verdict.retry_after) + 1
        raise error
    mailed.token_send(user=user, purpose=mailed.Purpose.VERIFY)


@transaction()
def email_verify(*, token: str) -> User:
    """Raises InvalidInputError for a code that is not valid, or was sent to an address that the
    user has no more."""
    found = mailed.token_redeem(token=token, purpose=mailed.Purpose.VERIFY)
    if found.email.casefold() != found.user.email.casefold():
        wrong = _("This code was sent to another address.")
        raise InvalidInputError(wrong, {"token": [wrong]})
    users.user_update(user=found.user, changes={"email_verified": True})
    activity.record(Action.EMAIL_VERIFY, actor=found.user, resource=found.user)
    return found.user
