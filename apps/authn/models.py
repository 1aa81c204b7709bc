"""Sessions of signed-in clients, and what lets people in for the first time."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity


class SessionKind(models.TextChoices):
    API = "api", _("program")
    WEB = "web", _("browser")


class DeviceSession(Entity):
    """One signed-in client: its access tokens, or its cookie, work as long as this row is live."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="device_sessions",
    )
    kind = models.CharField(_("kind"), max_length=3, choices=SessionKind, default=SessionKind.API)
    device_name = models.CharField(_("device"), max_length=100, blank=True)
    # Of the last use, to the minute, as is `last_active_at`.
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("program"), max_length=400, blank=True)
    # Of the kind API alone: a browser has its cookie.
    refresh_hash = models.CharField(max_length=64, blank=True)
    # The refresh token before the last rotation: it works a little longer, because the answer
    # that carried the new one may have been lost.
    previous_hash = models.CharField(max_length=64, blank=True)
    rotated_at = models.DateTimeField(null=True)
    last_active_at = models.DateTimeField(_("last used"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    # When the user last showed again who it is.
    stepped_up_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(Entity.Meta):
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
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


class MailedToken(Entity):
    """A secret that was mailed to a user; the row goes when it is used."""

    class Purpose(models.TextChoices):
        VERIFY = "verify"
        RESET = "reset"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=6, choices=Purpose)
    # Where it was sent: it proves nothing of another address.
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.purpose} {self.user_id}"


class Invitation(Entity):
    """Whoever has its link may make an account."""

    token_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(_("for"), max_length=100, blank=True)
    role = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="+", verbose_name=_("role")
    )
    grants = models.JSONField(_("libraries"), default=dict)
    """Permission by library id: {"0192…": "view"}."""
    uses_left = models.PositiveIntegerField(_("uses left"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )

    class Meta(Entity.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.note or str(self.pk)
