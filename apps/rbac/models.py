"""Roles are Django's groups; what a role may is its permissions named `resource:action`."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(Group):
    """A role as the console shows it; reads and writes go by `selectors` and `services`."""

    class Meta:
        proxy = True
        verbose_name = _("role")
        verbose_name_plural = _("roles")


class RoleInfo(models.Model):
    """What a role is beside its name and its permissions."""

    group = models.OneToOneField(
        Group, on_delete=models.CASCADE, primary_key=True, related_name="info"
    )
    description = models.CharField(_("description"), max_length=256, blank=True)
    is_built_in = models.BooleanField(_("built in"), default=False)

    def __str__(self) -> str:
        return self.group.name
