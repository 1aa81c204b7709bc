"""Scans: rows that people wait for, and what went wrong in them."""

from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.libraries.models.libraries import Library, LibraryRoot
from apps.libraries.querysets import LibraryScanQuerySet
from apps.libraries.reasons import phrase


class ScanType(models.TextChoices):
    FULL = "full", _("Full")
    INCREMENTAL = "incremental", _("Incremental")
    METADATA = "metadata", _("Metadata")


class ScanStatus(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    CONTINUED = "continued", _("Taken over")
    """Of one of some paths: another scan does its work, and ends it when that is done. Clients are
    told that it runs."""


PUBLIC_STATUSES: Final = tuple(
    choice for choice in ScanStatus.choices if choice[0] != ScanStatus.CONTINUED
)

ACTIVE: Final = (ScanStatus.PENDING, ScanStatus.RUNNING)


class LibraryScan(Entity):
    """A walk over a library's roots, or over some paths. Its counts are written while it runs.

    Of a library one runs at a time. One of some paths may run while one of the whole waits.
    """

    library = models.ForeignKey(
        Library, verbose_name=_("library"), on_delete=models.CASCADE, related_name="scans"
    )
    scan_type = models.CharField(_("type"), max_length=11, choices=ScanType)
    status = models.CharField(
        _("status"), max_length=9, choices=ScanStatus, default=ScanStatus.PENDING
    )
    # Only these folders and files, as absolute paths; all roots when empty.
    paths = ArrayField(
        models.CharField(max_length=4600),
        verbose_name=_("paths"),
        default=list,
        blank=True,
        help_text=_("Only these were looked at; empty: all folders."),
    )
    items_found = models.BigIntegerField(_("found"), default=0)
    # How many will be found in the end, as far as the folders looked at so far tell.
    items_expected = models.BigIntegerField(_("expected"), default=0)
    items_scanned = models.BigIntegerField(_("scanned"), default=0)
    items_probed = models.BigIntegerField(_("read"), default=0)
    items_added = models.BigIntegerField(_("added"), default=0)
    items_updated = models.BigIntegerField(_("updated"), default=0)
    items_moved = models.BigIntegerField(_("moved"), default=0)
    items_removed = models.BigIntegerField(_("gone"), default=0)
    error_count = models.BigIntegerField(_("errors"), default=0)
    error_message = models.CharField(_("error"), max_length=1000, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    # Which scan has taken its work over.
    continued_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("taken over by"),
    )
    # Of the last minute: [seconds since 1970, items_scanned], the oldest first.
    pace = models.JSONField(default=list, editable=False)
    started_at = models.DateTimeField(_("started"), null=True)
    completed_at = models.DateTimeField(_("completed"), null=True)

    objects = LibraryScanQuerySet.as_manager()

    tells_counts = False
    """Whether the viewer is told more than that the library is scanned: the counts are of all its
    films, the hidden ones too. Filled in by `selectors`."""

    tells_error = False
    """Whether it is told what the error says, which may name a film."""

    class Meta(Entity.Meta):
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["library"],
                condition=Q(status__in=ACTIVE, paths=[]),
                name="libraryscan_one_active",
            ),
            models.UniqueConstraint(  # of some paths, which need not wait for that of the whole
                fields=["library"],
                condition=Q(status__in=ACTIVE) & ~Q(paths=[]),
                name="libraryscan_one_of_paths",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["library", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.get_scan_type_display()}, {self.get_status_display()}"

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def public_status(self) -> ScanStatus:
        is_continued = self.status == ScanStatus.CONTINUED
        return ScanStatus.RUNNING if is_continued else ScanStatus(self.status)

    @property
    def is_whole(self) -> bool:
        return not self.paths

    @property
    def rate(self) -> float | None:
        """Files a second over the last minute; None when nothing can be said yet, or any more."""
        if self.status != ScanStatus.RUNNING or len(self.pace) < 2:
            return None
        (began, first), (ended, last) = self.pace[0], self.pace[-1]
        return max(0.0, last - first) / (ended - began) if ended > began else None

    @property
    def remaining(self) -> timedelta | None:
        """How long the scan will take from here, at its present rate and as far as is known by
        now what there is."""
        rate = self.rate
        left = max(self.items_found, self.items_expected) - self.items_scanned
        return timedelta(seconds=round(left / rate)) if rate and left >= 0 else None


class ScanRequest(Entity):
    """A folder or file that somebody wants looked at: the watcher, a downloader, a person.

    It waits here until a scan has done it, so that a request during a scan is not lost.
    """

    root = models.ForeignKey(LibraryRoot, on_delete=models.CASCADE, related_name="scan_requests")
    path = models.CharField(max_length=4096, blank=True)  # relative; "" is the whole root

    class Meta(Entity.Meta):
        verbose_name = _("scan request")
        verbose_name_plural = _("scan requests")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["root", "path"], name="scanrequest_path_unique")
        ]

    def __str__(self) -> str:
        return self.path or "."


class ScanIssue(Entity):
    """A file or folder that a scan could not use, and why."""

    scan = models.ForeignKey(
        LibraryScan, verbose_name=_("scan"), on_delete=models.CASCADE, related_name="issues"
    )
    # As people may read it: bytes that are not UTF-8 are escaped.
    path = models.CharField(_("path"), max_length=4500)
    # A code of `reasons`, and its detail.
    reason = models.CharField(_("reason"), max_length=32)
    message = models.CharField(_("detail"), max_length=500)

    class Meta(Entity.Meta):
        verbose_name = _("scan issue")
        verbose_name_plural = _("scan issues")

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"

    @property
    def text(self) -> str:
        return phrase(self.reason, self.message)
