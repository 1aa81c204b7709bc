"""Libraries, the folders they are made of, and who may see them."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core.models import Entity
from apps.libraries.access import GrantLevel
from apps.libraries.querysets import LibraryQuerySet, LibraryRootQuerySet
from apps.libraries.reasons import phrase

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

    from apps.libraries.models.scans import LibraryScan


class LibraryType(models.TextChoices):
    MOVIE = "movie", _("Films")


class Library(Entity):
    name = models.CharField(_("name"), max_length=255)
    type = models.CharField(
        _("type"), max_length=16, choices=LibraryType, default=LibraryType.MOVIE
    )
    enabled = models.BooleanField(
        _("switched on"),
        default=True,
        help_text=_("While it is off, nobody sees its films, and nothing is scanned."),
    )
    scan_on_startup = models.BooleanField(
        _("scan on start"),
        default=False,
        help_text=_("Look for changes whenever the server starts."),
    )
    realtime_monitoring = models.BooleanField(
        _("watch for changes"),
        default=False,
        help_text=_("Take up new and changed files within seconds, without a scan."),
    )
    metadata_provider = models.CharField(
        _("metadata provider"),
        max_length=32,
        blank=True,
        help_text=_("Where texts and pictures come from that do not lie beside the films."),
    )
    preferred_language = models.CharField(
        _("preferred language"),
        max_length=10,
        blank=True,
        help_text=_("Of titles and texts, where there is a choice."),
    )
    # Read and checked by `scanner_config.ScannerConfig`.
    scanner_config = models.JSONField(_("scanner settings"), default=dict, blank=True)
    # A deleted library can be restored until its retention ends. Nobody sees it, nothing scans it.
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects = LibraryQuerySet.as_manager()

    latest_scan: "LibraryScan | None" = None
    """Filled in by `selectors.library_list`."""

    class Meta(Entity.Meta):
        verbose_name = _("library")
        verbose_name_plural = _("libraries")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(deleted_at=None), name="library_name_unique"
            )
        ]
        permissions: ClassVar = [
            ("download_library", "Can download from library"),
            ("manage_library", "Can manage library"),
        ]

    def __str__(self) -> str:
        return self.name


class LibraryRoot(Entity):
    """A folder of films. One that cannot be read makes its files unavailable, never deleted."""

    library = models.ForeignKey(
        Library, verbose_name=_("library"), on_delete=models.CASCADE, related_name="roots"
    )
    path = models.CharField(_("folder"), max_length=4096)
    is_available = models.BooleanField(_("available"), default=True)
    # A `reasons.RootProblem`, with its detail.
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    problem_detail = models.CharField(_("detail"), max_length=500, blank=True)
    unavailable_since = models.DateTimeField(_("unavailable since"), null=True, editable=False)
    # What the file in the folder says by which it is known again; "" where none could be written.
    marker = models.CharField(_("marker"), max_length=64, blank=True, editable=False)
    # So much was gone at once that a person is asked: `safety.Loss` as JSON.
    loss = models.JSONField(_("loss"), null=True, editable=False)
    # What was lost before needs no more asking about: a person has answered.
    losses_count_from = models.DateTimeField(_("losses count from"), null=True, editable=False)
    # Taken out of its library, or deleted with it. Its rows stay until their retention ends.
    removed_at = models.DateTimeField(_("removed"), null=True, editable=False)

    objects = LibraryRootQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("root folder")
        verbose_name_plural = _("root folders")
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["path"], condition=Q(removed_at=None), name="libraryroot_path_unique"
            )
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def reason(self) -> str:
        """Why it is unavailable, in words; "" when it is not."""
        return phrase(self.problem, self.problem_detail)


class _Limited(models.Model):
    """What a grant lets see of its library."""

    permission: "models.ForeignKey[Permission]"
    """The package's, which names the level."""

    public_id = models.UUIDField(unique=True, editable=False, db_default=RandomUUID())
    created_at = models.DateTimeField(_("created"), editable=False, db_default=Now())
    max_age = models.PositiveSmallIntegerField(
        _("highest age rating"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(21)],
        help_text=_("In years; empty: films of every rating."),
    )
    shows_unrated = models.BooleanField(
        _("unrated films too"),
        default=False,
        help_text=_("With an age limit, a film without a known rating is hidden otherwise."),
    )
    blocked_tags = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("blocked tags"),
        size=100,
        default=list,
        blank=True,
        help_text=_("Films with one of these are hidden. Separate them by commas."),
    )

    class Meta:
        abstract = True

    @property
    def level(self) -> GrantLevel:
        return GrantLevel.of(self.permission.codename)


class LibraryGrant(_Limited, UserObjectPermissionBase):
    """A permission on one library for one user (django-guardian, with a real foreign key)."""

    content_object = models.ForeignKey(Library, verbose_name=_("library"), on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("grant to a user")
        verbose_name_plural = _("grants to users")

    def __str__(self) -> str:
        return f"{self.content_object} – {self.user} ({self.level.label})"  # noqa: RUF001


class LibraryRoleGrant(_Limited, GroupObjectPermissionBase):
    """A permission on one library for all who have a role."""

    content_object = models.ForeignKey(Library, verbose_name=_("library"), on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant to a role")
        verbose_name_plural = _("grants to roles")

    def __str__(self) -> str:
        return f"{self.content_object} – {self.group} ({self.level.label})"  # noqa: RUF001
