"""Sessions of API clients."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.models import Entity


class DeviceSession(Entity):
    """One signed-in client; its access tokens work as long as this row is live."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="device_sessions"
    )
    device_name = models.CharField(max_length=100, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=400, blank=True)
    refresh_hash = models.CharField(max_length=64)
    # The refresh token before the last rotation: it works a little longer, because the answer
    # that carried the new one may have been lost.
    previous_hash = models.CharField(max_length=64, blank=True)
    rotated_at = models.DateTimeField(null=True)
    # Of the last use, to the minute.
    last_active_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Entity.Meta):
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(
                fields=["user", "-last_active_at"],
                condition=models.Q(ended_at=None),
                name="session_live_by_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.device_name}".strip()
