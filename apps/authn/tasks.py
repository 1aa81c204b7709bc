from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from apps.authn.models import DeviceSession

_KEPT = timedelta(days=30)
"""Ended sessions stay for a while, so that the use of an old token is still recognised."""


@shared_task(name="authn.sessions_clean")
def sessions_clean() -> None:
    """Remove sessions that nobody can use any more."""
    SessionStore.clear_expired()
    DeviceSession.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()
