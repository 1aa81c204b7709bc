"""Libraries, the folders they are made of, and who may see them."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core.models import Entity
from apps.libraries.querysets import LibraryQuerySet

if TYPE_CHECKING:
    from apps.libraries.models.scans import LibraryScan


class LibraryType(models.TextChoices):
    MOVIE = "movie", _("Films")


class Library(Entity):
    name = models.CharField(_("name"), max_length=255, unique=True)
    type = models.CharField(
        _("type"), max_length=16, choices=LibraryType, default=LibraryType.MOVIE
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    scan_on_startup = models.BooleanField(_("scan on start"), default=False)
    realtime_monitoring = models.BooleanField(_("watch for changes"), default=False)
    metadata_provider = models.CharField(_("metadata provider"), max_length=32, blank=True)
    preferred_language = models.CharField(_("preferred language"), max_length=10, blank=True)
    scanner_config = models.JSONField(_("scanner settings"), default=dict, blank=True)

    objects = LibraryQuerySet.as_manager()

    latest_scan: "LibraryScan | None" = None
    """Filled in by `selectors.library_list`."""

    class Meta(Entity.Meta):
        verbose_name = _("library")
        verbose_name_plural = _("libraries")
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [
            ("download_library", "Can download from library"),
            ("manage_library", "Can manage library"),
        ]

    def __str__(self) -> str:
        return self.name


class LibraryRoot(Entity):
    """A folder of films. One that cannot be read makes its files unavailable, never deleted."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="roots")
    path = models.CharField(_("folder"), max_length=4096, unique=True)
    is_available = models.BooleanField(_("available"), default=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)

    class Meta(Entity.Meta):
        verbose_name = _("root folder")
        verbose_name_plural = _("root folders")
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.path


class LibraryGrant(UserObjectPermissionBase):
    """A permission on one library for one user (django-guardian, with a real foreign key)."""

    content_object = models.ForeignKey(Library, on_delete=models.CASCADE)


class LibraryRoleGrant(GroupObjectPermissionBase):
    """A permission on one library for all who have a role."""

    content_object = models.ForeignKey(Library, on_delete=models.CASCADE)
