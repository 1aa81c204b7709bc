"""The log of what people and the server did. Rows are only added."""

from typing import ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.ids import new_id


class ActivityEntry(models.Model):
    """One thing that was done or tried.

    It names its user by id and name, without a reference: a row changes no more, whatever becomes
    of the account. A trigger of the database refuses UPDATE and DELETE (see `services.retention`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    user_id = models.UUIDField(null=True)
    username = models.CharField(_("user"), max_length=254, blank=True)
    action = models.CharField(_("action"), max_length=64)
    resource_type = models.CharField(_("kind of object"), max_length=32, blank=True)
    resource_id = models.UUIDField(null=True)
    changes = models.JSONField(_("changes"), default=dict)
    """By field: {"old": …, "new": …}."""
    metadata = models.JSONField(_("details"), default=dict)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("program"), max_length=400, blank=True)
    success = models.BooleanField(_("success"), default=True)
    error_message = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="activity_by_time"),
            models.Index(fields=["user_id", "-created_at"], name="activity_by_user"),
            models.Index(fields=["action", "-created_at"], name="activity_by_action"),
            models.Index(
                fields=["resource_type", "resource_id", "-created_at"], name="activity_by_resource"
            ),
            models.Index(Upper("username"), F("created_at").desc(), name="activity_by_username"),
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(success=False),
                name="activity_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.username}".strip()
