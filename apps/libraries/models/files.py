"""What the scan found on disk."""

from pathlib import Path
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.libraries.models.libraries import Library, LibraryRoot
from apps.libraries.querysets import MediaFileQuerySet
from apps.libraries.reasons import phrase


class MediaFolder(Entity):
    """A folder below a root, as it was when it was last looked at.

    While its `mtime_ns` and those of its companions are the same, its entries are; an equal
    `signature` says the same of its files. Without a signature it has to be looked at again. One
    without a parent, other than the root, is gone.
    """

    root = models.ForeignKey(LibraryRoot, on_delete=models.CASCADE, related_name="folders")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    path = models.CharField(max_length=4096, blank=True)  # relative; "" is the root itself
    # None while nothing can be told from the folder's time (`FolderListing.trusted_mtime_ns`).
    mtime_ns = models.BigIntegerField(null=True)
    signature = models.CharField(max_length=64, blank=True)
    # Folders that are understood together with this one (`Subs`, `trailers`): path -> mtime_ns.
    companions = models.JSONField(default=dict)
    videos = models.PositiveIntegerField(default=0)  # so many files are found in it

    class Meta(Entity.Meta):
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["root", "path"], name="mediafolder_path_unique")
        ]

    def __str__(self) -> str:
        return self.path or "."


class FileState(models.TextChoices):
    AVAILABLE = "available", _("available")
    MISSING = "missing", _("missing")
    BROKEN = "broken", _("broken")


class MediaFile(Entity):
    """A video file with what the probe said of it, whole and as columns that lists can use."""

    library = models.ForeignKey(
        Library, verbose_name=_("library"), on_delete=models.CASCADE, related_name="files"
    )
    root = models.ForeignKey(
        LibraryRoot, verbose_name=_("root folder"), on_delete=models.CASCADE, related_name="files"
    )
    folder = models.ForeignKey(
        MediaFolder, verbose_name=_("folder"), on_delete=models.CASCADE, related_name="files"
    )
    path = models.CharField(_("path"), max_length=4096)  # relative to the root
    size = models.BigIntegerField(_("size"))
    mtime_ns = models.BigIntegerField()
    # An unsigned 64-bit number; 0 where it tells nothing of the file.
    inode = models.DecimalField(max_digits=20, decimal_places=0)
    # Of size and some blocks (`identity.fingerprint`): what a file is known by when it was moved.
    fingerprint = models.CharField(max_length=64, blank=True)
    # Of a disc the files that are its main film, in order, relative to the root; else empty.
    segments = ArrayField(models.CharField(max_length=4096), default=list)
    state = models.CharField(
        _("state"), max_length=9, choices=FileState, default=FileState.AVAILABLE
    )
    # A `ProbeFailure`, with its detail.
    failure = models.CharField(_("reason"), max_length=32, blank=True)
    failure_message = models.CharField(_("detail"), max_length=500, blank=True)
    missing_since = models.DateTimeField(_("missing since"), null=True)
    probed_at = models.DateTimeField(_("read"), null=True)
    # Which `probe.VERSION` has read it: a full scan reads again what an older one has.
    probe_version = models.PositiveSmallIntegerField(default=0)
    probe = models.JSONField(null=True)
    # What the name said: `names.MovieName` as JSON. It is guessed once.
    name = models.JSONField(null=True)

    container = models.CharField(_("container"), max_length=32, blank=True)
    duration_seconds = models.FloatField(_("length"), null=True)
    bit_rate = models.BigIntegerField(_("bit rate"), null=True)
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    frame_rate = models.FloatField(_("frame rate"), null=True)
    video_codec = models.CharField(_("video codec"), max_length=32, blank=True)
    video_profile = models.CharField(_("video profile"), max_length=64, blank=True)
    bit_depth = models.PositiveSmallIntegerField(_("bit depth"), null=True)
    dynamic_range = models.CharField(_("dynamic range"), max_length=16, blank=True)
    color_space = models.CharField(_("colour space"), max_length=32, blank=True)
    audio_codec = models.CharField(_("audio codec"), max_length=32, blank=True)
    audio_profile = models.CharField(_("audio profile"), max_length=64, blank=True)
    audio_channels = models.PositiveSmallIntegerField(_("audio channels"), null=True)
    audio_languages = ArrayField(
        models.CharField(max_length=16), verbose_name=_("audio languages"), default=list
    )
    subtitle_languages = ArrayField(
        models.CharField(max_length=16), verbose_name=_("subtitle languages"), default=list
    )

    objects = MediaFileQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints: ClassVar = [
            models.UniqueConstraint(  # what is missing may have a successor at its path
                fields=["root", "path"],
                condition=~Q(state=FileState.MISSING),
                name="mediafile_path_unique",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["library", "state"]),
            models.Index(fields=["size"], name="mediafile_size"),
            models.Index(
                fields=["missing_since"],
                condition=Q(state=FileState.MISSING),
                name="mediafile_missing",
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def file_name(self) -> str:
        return Path(self.path).name

    @property
    def absolute_path(self) -> Path:
        """Where the file is. Needs `root`; check it with `paths.inside` before it is opened."""
        return Path(self.root.path) / self.path

    @property
    def failure_text(self) -> str:
        """Why it could not be read; "" when it could."""
        return phrase(self.failure, self.failure_message)

    @property
    def resolution(self) -> str:
        """As people say it: `2160p`, `1080p`, …; "" when nothing is known."""
        return resolution_name(self.width or 0, self.height or 0)

    @property
    def is_3d(self) -> bool:
        """As the file itself or its name says."""
        tracks = (self.probe or {}).get("video", [])
        is_named = bool((self.name or {}).get("is_3d"))
        return is_named or any(track["stereo_mode"] not in (None, "mono") for track in tracks)

    @property
    def is_disc(self) -> bool:
        """Whether it is a disc's folder, which no browser can be given as it is."""
        return bool(self.segments)

    @property
    def is_reachable(self) -> bool:
        return self.state == FileState.AVAILABLE and self.root.is_available

    @property
    def is_playable(self) -> bool:
        return self.is_reachable and not self.is_disc


RESOLUTIONS: Final = (
    (3200, 1800, "2160p"),
    (2200, 1300, "1440p"),
    (1600, 900, "1080p"),
    (1200, 700, "720p"),
    (960, 560, "576p"),
    (700, 440, "480p"),
)
"""Least width, least height, name."""


def resolution_name(width: int, height: int) -> str:
    """The class of a picture by its width or height, so that cropped ones count as whole."""
    for at_least_wide, at_least_high, name in RESOLUTIONS:
        if width >= at_least_wide or height >= at_least_high:
            return name
    return f"{height}p" if height else ""


class SideFileKind(models.TextChoices):
    SUBTITLE = "subtitle", _("subtitle")
    AUDIO = "audio", _("audio")


class SideFile(Entity):
    """A subtitle or audio file that belongs to a video file beside it."""

    media_file = models.ForeignKey(MediaFile, on_delete=models.CASCADE, related_name="side_files")
    kind = models.CharField(max_length=8, choices=SideFileKind)
    path = models.CharField(max_length=4096)  # relative to the root
    format = models.CharField(max_length=8)
    language = models.CharField(max_length=16, blank=True)
    title = models.CharField(max_length=255, blank=True)
    is_forced = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    is_hearing_impaired = models.BooleanField(default=False)
    is_commentary = models.BooleanField(default=False)

    class Meta(Entity.Meta):
        verbose_name = _("side file")
        verbose_name_plural = _("side files")
        ordering: ClassVar = ["kind", "language", "path"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["media_file", "path"], name="sidefile_path_unique")
        ]

    def __str__(self) -> str:
        return self.path
