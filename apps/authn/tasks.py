from datetime import timedelta

from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from apps.authn.models import DeviceSession
from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare

_KEPT = timedelta(days=30)
"""Ended sessions stay for a while, so that the use of an old token is still recognised."""


@declare("authn.sessions_clean", queue=Queue.LOW)
def sessions_clean() -> None:
    """Remove sessions that nobody can use any more."""
    SessionStore.clear_expired()
    DeviceSession.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()
