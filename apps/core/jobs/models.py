"""Jobs: those on their way, and those that people wait for."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.entity import Entity
from apps.core.ids import new_id


class Queue(models.TextChoices):
    """The most urgent first."""

    CRITICAL = "critical", _("Critical")  # somebody waits at the screen: sign-in mail, playback
    HIGH = "high", _("High")  # Radarr, notifications
    DEFAULT = "default", _("Normal")  # identify, index
    LOW = "low", _("Low")  # cleanup, statistics
    BULK = "bulk", _("Bulk")  # minutes to days, in processes of their own: scans


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class JobMessage(models.Model):
    """A job that was handed over and is not done yet. The broker only carries its id.

    Until `due_at` somebody is expected to see to it: the broker that carries it, or `holder`, the
    process that runs it and that keeps putting it off. From then on the sweep sends it again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # At most one job of a key waits or runs.
    key = models.CharField(max_length=220, null=True, unique=True)  # noqa: DJ001  (nulls are not unique)
    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=8, choices=Queue)
    args = models.JSONField()
    kwargs = models.JSONField()
    # Whether a Job shows it to people.
    is_tracked = models.BooleanField()
    request_id = models.CharField(max_length=64)
    user_id = models.UUIDField(null=True)
    holder = models.CharField(max_length=200)
    sends = models.PositiveIntegerField()
    # Each start has its own number, which tells a process that stalled that another took over.
    starts = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


class Job(Entity):
    """A job that people wait for; its id is the message's. It stays for a while when it is done."""

    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(_("of"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=JobState, default=JobState.QUEUED)
    queue = models.CharField(_("queue"), max_length=8, choices=Queue)
    task = models.CharField(_("task"), max_length=200)
    args = models.JSONField(_("arguments"))
    done = models.BigIntegerField(_("done"), default=0)
    # 0 while it is not known how much there is to do.
    total = models.BigIntegerField(_("of"), default=0)
    counts = models.JSONField(_("counts"), default=dict)
    message = models.CharField(_("message"), max_length=500, blank=True)
    error = models.CharField(_("error"), max_length=2000, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(Entity.Meta):
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-created_at"]),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="job_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def percent(self) -> int | None:
        """None while it is not known how much there is to do."""
        return min(100, self.done * 100 // self.total) if self.total else None


ACTIVE = (JobState.QUEUED, JobState.RUNNING)
