"""The outbox of the search index."""

from typing import ClassVar

from django.db import models

from apps.core.models import Entity


class IndexRequest(Entity):
    """A document that must be written anew (or removed, when its object is gone).

    A row outlives a search engine that is down; it goes when the engine has confirmed.
    """

    collection = models.CharField(max_length=32)
    object_id = models.UUIDField()

    class Meta(Entity.Meta):
        indexes: ClassVar = [models.Index(fields=["collection", "id"])]

    def __str__(self) -> str:
        return f"{self.collection} {self.object_id}"
