"""What must be true before the server answers: tables, static files, schedules, first content."""

import hashlib
import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection

from apps.core.db import migrating
from apps.core.db.migrating import MigrationError
from apps.core.errors import ConflictError, DomainError
from apps.core.jobs import outbox, schedules
from apps.core.jobs.schedules import Seed
from apps.libraries import automation, scanning
from apps.libraries.models import Library, ScanType
from apps.search import tasks as search
from apps.setup import services
from apps.users import services as users
from apps.users.models import User
from revenge import env

SCHEDULES = {
    "deleted accounts and exports": Seed("users.clean", timedelta(hours=1)),
    "jobs that ended": Seed("core.jobs_clean", timedelta(days=1)),
    "search index": Seed("search.sync", timedelta(minutes=5)),
    "sessions that expired": Seed("authn.sessions_clean", timedelta(days=1)),
    "missing files": Seed("libraries.missing_files_purge", timedelta(days=1)),
    "log of activity": Seed("siteconfig.activity_purge", timedelta(days=1)),
}
"""Seeded once; from then on the admin console may change them."""


class PreparationError(Exception):
    """The server cannot start; the message says what to do."""


def database_wait(*, seconds: float) -> None:
    """Until PostgreSQL answers. Raises PreparationError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if time.monotonic() > deadline:
                message = f"PostgreSQL does not answer: {error}"
                raise PreparationError(message) from error
            time.sleep(0.1)
        else:
            return


def migrate() -> None:
    """Bring the tables up to date. Raises PreparationError for a database newer than the code."""
    try:
        migrating.migrate()
    except MigrationError as error:
        raise PreparationError(str(error)) from error


def static_collect() -> None:
    """Copy the static files to where the edge serves them, when they changed."""
    target = Path(settings.STATIC_ROOT)
    mark = target / ".fingerprint"
    fingerprint = _static_fingerprint()
    if mark.exists() and mark.read_text() == fingerprint:
        return
    shutil.rmtree(target, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(fingerprint)


def schedules_seed() -> None:
    schedules.seed(SCHEDULES)
    automation.schedules_renew()


def admin_ensure() -> None:
    """The administrator of REVENGE_ADMIN_*, made if there is no such user.

    Raises PreparationError when the variables are incomplete or not valid.
    """
    username = env.text("REVENGE_ADMIN_USERNAME", "")
    password = env.secret("REVENGE_ADMIN_PASSWORD", "")
    if not username and not password:
        return
    if not username or not password:
        raise PreparationError("Set both REVENGE_ADMIN_USERNAME and REVENGE_ADMIN_PASSWORD.")
    if User.objects.filter(username__iexact=username).exists():
        return
    email = env.text("REVENGE_ADMIN_EMAIL", f"{username}@localhost.localdomain")
    try:
        users.user_create(username=username, email=email, password=password, is_admin=True)
    except DomainError as error:
        reasons = "; ".join(f"{k}: {' '.join(v)}" for k, v in error.details.items())
        message = f"The administrator of REVENGE_ADMIN_* cannot be made: {reasons}"
        raise PreparationError(message) from error


def libraries_ensure() -> None:
    """The library of REVENGE_MEDIA, or the demo library on a server that has none yet."""
    media = env.path("REVENGE_MEDIA", None)
    try:
        if media is not None:
            services.library_ensure(name=services.FILMS, root=media)
    except DomainError as error:
        raise PreparationError(f"REVENGE_MEDIA: {error.message}") from error
    if media is None and not Library.objects.exists() and not services.DEMO_DIR.exists():
        services.DEMO_DIR.mkdir(parents=True)
        services.library_ensure(name=services.DEMO, root=services.DEMO_DIR)


def work_resume() -> None:
    """Go on with what an earlier run left, and start what is due at a start."""
    outbox.sweep()
    demo = services.demo_library()
    if demo is not None:
        services.demo_request()
    for library in Library.objects.in_use().filter(scan_on_startup=True, enabled=True):
        if library == demo:
            continue  # scanned when its films are made
        try:
            scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)
        except ConflictError:
            continue  # it waits or runs already
    outbox.enqueue(search.sync)


def setup_link() -> str | None:
    """Where the first administrator is made; None when there is one.

    The token stands behind the `#`, which browsers keep to themselves.
    """
    if not services.setup_is_open():
        return None
    return f"http://localhost:{settings.PORT}/setup/#{services.setup_token_new()}"


def _static_fingerprint() -> str:
    """Of the names, sizes and times of all static files there are to collect."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
