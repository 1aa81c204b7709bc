"""Keys by which programs of a user's call the API."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.apikeys.format import PREFIX_LENGTH
from apps.core.models import Entity


class Scope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Change one's own data")
    ADMIN = "admin", _("Administrate")


class ApiKey(Entity):
    """The key itself is not stored: `prefix` finds the row, `key_hash` proves it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_keys",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=255)
    description = models.CharField(_("description"), max_length=1000, blank=True)
    prefix = models.CharField(_("begins with"), max_length=PREFIX_LENGTH, unique=True)
    key_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=5, choices=Scope), verbose_name=_("scopes"))
    # Networks in CIDR form; none means everywhere.
    address_ranges = ArrayField(
        models.CharField(max_length=43), default=list, verbose_name=_("addresses")
    )
    expires_at = models.DateTimeField(_("expires"), null=True)
    # Of the last use, to the minute.
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_used_ip = models.GenericIPAddressField(_("address of the last use"), null=True)

    class Meta(Entity.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]

    @property
    def is_active(self) -> bool:
        return self.expires_at is None or self.expires_at > timezone.now()
