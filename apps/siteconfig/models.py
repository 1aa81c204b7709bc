"""Values that differ from what the code declares."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity


class ServerSetting(Entity):
    key = models.CharField(max_length=100, unique=True)
    value = models.JSONField()

    class Meta(Entity.Meta):
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return self.key


class UserSetting(Entity):
    """What a client keeps for a user."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="settings"
    )
    key = models.CharField(max_length=100)
    value = models.JSONField()

    class Meta(Entity.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="user_setting_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
