import uuid
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Q
from django.http import HttpRequest

from apps.users.models import User


class NameOrEmailBackend(BaseBackend):
    """Sign-in by user name or e-mail address, whatever the case.

    An unknown name costs the time of one password hash, as a wrong password does.
    """

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002  (Django calls it so)
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if not username or password is None:
            return None
        # A user name has no @, so that at most one account can match.
        user = User.objects.filter(Q(username__iexact=username) | Q(email__iexact=username)).first()
        if user is None:
            User().set_password(password)
            return None
        if user.check_password(password) and user.is_active:
            return user
        return None

    def get_user(self, user_id: uuid.UUID) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
