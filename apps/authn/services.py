"""Sign-in."""

from django.contrib.auth import authenticate
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import SignInError
from apps.core.metrics import AUTH_ATTEMPTS, OUTCOMES
from apps.users import selectors as users
from apps.users.models import User


def sign_in(*, username: str, password: str) -> User:
    """The user behind a name (or e-mail address) and a password.

    Raises SignInError, with one message for an unknown name, a wrong password and a disabled
    account.
    """
    user = authenticate(username=username, password=password)
    AUTH_ATTEMPTS.labels("password", OUTCOMES[isinstance(user, User)]).inc()
    if not isinstance(user, User):
        raise SignInError(_("The name or the password is wrong."))
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    users.USERS.drop_on_commit(user.pk.hex)
    return user
