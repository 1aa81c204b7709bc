"""The first run."""

from django.db import models

from apps.core.models import Entity


class SetupToken(Entity):
    """The token that the console printed last; only its SHA-256 is kept."""

    token_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.pk)
