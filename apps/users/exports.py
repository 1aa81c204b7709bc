"""Exports of somebody's data: a ZIP of JSON files, made by a job, kept for a bounded time."""

import json
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.transaction import on_commit
from django.utils import timezone

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.files import written_whole
from apps.core.jobs import outbox, tracking
from apps.core.jobs.models import Job
from apps.siteconfig.declared import EXPORTS_KEPT_HOURS
from apps.users import exporting
from apps.users.models import User

EXPORT_JOB: Final = "users.export"


@dataclass(frozen=True)
class Export:
    """One that can be downloaded."""

    path: Path
    size: int
    made_at: datetime
    expires_at: datetime


@transaction()
def export_start(*, user: User) -> uuid.UUID:
    """Have an export made, unless one is being made; answers the job's id."""
    from apps.users import tasks  # noqa: PLC0415  (they call this module)

    activity.record(Action.USER_EXPORT, actor=user, resource=user)
    return outbox.enqueue(
        tasks.export,
        str(user.pk),
        key=f"{EXPORT_JOB}:{user.pk}",
        tracked=outbox.Tracked(EXPORT_JOB, user.username, user.pk),
    )


def export_make(*, user: User) -> Path:
    """Everything that the server knows about a user. Replaces the one before."""
    path = _path(user)
    parts = list(exporting.parts(user))
    with written_whole(path) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, (name, rows) in enumerate(parts):
            tracking.report(done=done, total=len(parts), message=name)
            with archive.open(f"{name}.json", "w") as raw, TextIOWrapper(raw, "utf-8") as text:
                _write(text, rows)
        for file in exporting.files(user):
            archive.write(file, file.name)
    tracking.report(done=len(parts), total=len(parts))
    return path


def export_of(user: User) -> Export | None:
    """What the user can download now."""
    path = _path(user)
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    made_at = datetime.fromtimestamp(status.st_mtime, UTC)
    expires_at = made_at + timedelta(hours=EXPORTS_KEPT_HOURS.get())
    if expires_at <= timezone.now():
        return None
    return Export(path, status.st_size, made_at, expires_at)


def export_job(user: User) -> Job | None:
    """The latest."""
    return Job.objects.filter(kind=EXPORT_JOB, started_by=user).first()


def clean() -> int:
    """Remove exports whose time is over; answers how many."""
    oldest = timezone.now() - timedelta(hours=EXPORTS_KEPT_HOURS.get())
    outdated = [
        path
        for path in Path(settings.EXPORT_DIR).glob("*")
        if path.stat().st_mtime < oldest.timestamp()
    ]
    for path in outdated:
        path.unlink(missing_ok=True)
    return len(outdated)


def remove_on_commit(user: User) -> None:
    on_commit(partial(_path(user).unlink, missing_ok=True))


def _write(text: TextIOWrapper, rows: exporting.Rows) -> None:
    """A JSON array, a row a line, never whole in memory."""
    separator = "[\n"
    for row in rows:
        text.write(separator)
        json.dump(dict(row), text, default=exporting.plain, ensure_ascii=False)
        separator = ",\n"
    text.write("[]\n" if separator == "[\n" else "\n]\n")


def _path(user: User) -> Path:
    return Path(settings.EXPORT_DIR) / f"{user.pk}.zip"
