"""Pictures that films are shown with."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity


class ImageKind(models.TextChoices):
    POSTER = "poster", _("poster")
    BACKDROP = "backdrop", _("backdrop")
    LOGO = "logo", _("logo")
    PROFILE = "profile", _("portrait")


class Image(Entity):
    """A picture on disk. Clients know it by `key`, which changes with its content."""

    kind = models.CharField(max_length=8, choices=ImageKind)
    source_path = models.CharField(max_length=4096)
    # The folder that the file must lie in, links resolved: a library's root.
    source_root = models.CharField(max_length=4096)
    key = models.CharField(max_length=40, unique=True)
    size = models.BigIntegerField()
    mtime_ns = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta(Entity.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source_path", "kind"], name="image_source_unique")
        ]

    def __str__(self) -> str:
        return self.source_path

    @property
    def file_name(self) -> str:
        """The last part of its address: `/api/v1/images/{kind}/{size}/{file_name}`."""
        return f"{self.key}.{'png' if self.kind == ImageKind.LOGO else 'jpg'}"
