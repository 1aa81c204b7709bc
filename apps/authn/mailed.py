"""Secrets that are mailed: they show that somebody reads an address. Each works once."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.authn.models import MailedToken
from apps.core import mail
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError
from apps.siteconfig.declared import SERVER_NAME, SERVER_URL
from apps.users.models import User

Purpose = MailedToken.Purpose

_LASTS: Final = {Purpose.VERIFY: timedelta(hours=24), Purpose.RESET: timedelta(hours=1)}
_PAGES: Final = {Purpose.VERIFY: "authn:verify", Purpose.RESET: "authn:new-password"}


@transaction()
def token_send(*, user: User, purpose: Purpose) -> None:
    """Mail a new secret to the user's address; those before it stop working."""
    token = secrets.token_urlsafe(32)
    MailedToken.objects.filter(user=user, purpose=purpose).delete()
    MailedToken.objects.create(
        user=user,
        purpose=purpose,
        email=user.email,
        token_hash=_hash(token),
        expires_at=timezone.now() + _LASTS[purpose],
    )
    # The secret stands behind the #, which browsers keep to themselves.
    base, page = server_url(), reverse(_PAGES[purpose])
    notify(user, purpose, code=token, link=f"{base}{page}#{token}" if base else "")


def token_redeem(*, token: str, purpose: Purpose) -> MailedToken:
    """The row of a secret, which works no more once the open transaction commits.

    Raises InvalidInputError for one that is unknown, used, voided or too old. Of two who come at
    once the second waits for the first.
    """
    found = (
        MailedToken.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(token_hash=_hash(token.strip()), purpose=purpose, expires_at__gt=timezone.now())
        .filter(user__is_active=True)
        .first()
    )
    if found is None:
        wrong = _("This code is not valid any more. Ask for a new one.")
        raise InvalidInputError(wrong, {"token": [wrong]})
    MailedToken.objects.filter(pk=found.pk).delete()
    return found


def resets_void(user: User) -> None:
    """In the open transaction, where a code for a new password is to open the account no more: it
    has another password or address now, or was switched off."""
    MailedToken.objects.filter(user=user, purpose=Purpose.RESET).delete()


def address_left(changed: tuple[User, str]) -> None:
    """Tell who reads the address that an account had until now: with an open session somebody else
    may be taking the account away."""
    user, before = changed
    notify(user, "email_changed", to=before)


def notify(user: User, template: str, *, to: str = "", **context: str) -> None:
    """Mail to a user, in the user's language; `to` is another address than the present one."""
    # The user's name, and no text that somebody who registers may choose freely.
    about = {"name": user.username, "server": SERVER_NAME.get(), "url": server_url(), **context}
    mail.send(template, to=to or user.email, language=user.locale, context=about)


def server_url() -> str:
    """Where people reach the server, without a slash; "" where nobody has said it. Never from a
    request: whoever sends one may name any host."""
    url = SERVER_URL.get() or (f"https://{settings.DOMAIN}" if settings.DOMAIN else "")
    return url.rstrip("/") if url.startswith(("http://", "https://")) else ""


def _hash(token: str) -> str:
    """SHA-256: a secret of 32 random bytes needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
