"""The outbox of the search index."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity


class IndexRequest(Entity):
    """A document that must be written anew (or removed, when its object is gone).

    A row outlives a search engine that is down; it goes when the engine has confirmed.
    """

    collection = models.CharField(max_length=32)
    object_id = models.UUIDField()

    class Meta(Entity.Meta):
        verbose_name = _("index request")
        verbose_name_plural = _("index requests")
        indexes: ClassVar = [models.Index(fields=["collection", "id"])]

    def __str__(self) -> str:
        return f"{self.collection} {self.object_id}"
