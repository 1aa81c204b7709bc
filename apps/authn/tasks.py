from datetime import timedelta

from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from apps.authn.models import DeviceSession, Invitation, MailedToken
from apps.core.jobs.models import Queue
from apps.core.jobs.retries import Retry
from apps.core.jobs.task import declare

_KEPT = timedelta(days=30)
"""Ended sessions stay for a while, so that the use of an old token is still recognised."""


@declare("authn.sessions_clean", queue=Queue.LOW)
def sessions_clean() -> None:
    """Remove sessions, codes and invitations that nobody can use any more."""
    SessionStore.clear_expired()
    DeviceSession.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()
    MailedToken.objects.filter(expires_at__lt=timezone.now()).delete()
    Invitation.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()


@declare("authn.password_reset_mail", queue=Queue.CRITICAL, retry=Retry.DATABASE)
def password_reset_mail(sealed: str) -> None:
    """Mail a code to the account of an address, if there is one."""
    from apps.authn import password_changes  # noqa: PLC0415  (it enqueues this)

    password_changes.reset_mail(sealed=sealed)
