"""Roles are Django's groups; what a role may is its permissions named `resource:action`."""

from django.contrib.auth.models import Group
from django.db import models


class RoleInfo(models.Model):
    """What a role is beside its name and its permissions."""

    group = models.OneToOneField(
        Group, on_delete=models.CASCADE, primary_key=True, related_name="info"
    )
    description = models.CharField(max_length=256, blank=True)
    is_built_in = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.group.name
