"""The first run: who becomes the administrator, and the first library."""

import hashlib
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, SignInError
from apps.core.jobs import outbox, tracking
from apps.libraries import scanning
from apps.libraries import services as libraries
from apps.libraries.models import Library, LibraryRoot, ScanType
from apps.setup import tasks
from apps.setup.models import SetupToken
from apps.users import services as users
from apps.users.models import User

_LOCK = 0x7265766E  # "revn": the key of the advisory lock below

FILMS = "Films"
DEMO = "Demo"
DEMO_DIR = settings.DATA_DIR / "demo" / "films"


def setup_is_open() -> bool:
    """Nobody has an account yet."""
    return not User.objects.exists()


@transaction()
def setup_token_new() -> str:
    """A token for the setup page. The one printed before stops working."""
    token = secrets.token_urlsafe(24)
    SetupToken.objects.all().delete()
    SetupToken.objects.create(token_hash=_hash(token))
    return token


@transaction()
def setup_finish(*, token: str, username: str, email: str, password: str) -> User:
    """Make the first administrator. Works once.

    Raises ConflictError when somebody was first, SignInError for a wrong token, and what
    `user_create` raises.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if not setup_is_open():
        raise ConflictError(_("The server has been set up already. Sign in instead."))
    if not SetupToken.objects.filter(token_hash=_hash(token.strip())).exists():
        raise SignInError(_("This is not the token that the console shows."))
    user = users.user_create(username=username, email=email, password=password, is_admin=True)
    SetupToken.objects.all().delete()
    activity.record(Action.SETUP_FINISH, actor=user, resource=user)
    return user


def library_ensure(*, name: str, root: Path) -> Library:
    """The library with this root, made if it is not there. It is scanned at every start."""
    found = _library_of(root)
    if found:
        return found
    free = name
    number = 2
    while Library.objects.in_use().filter(name=free).exists():
        free, number = f"{name} {number}", number + 1
    return libraries.library_create(name=free, roots=[str(root)], scan_on_startup=True)


def demo_library() -> Library | None:
    """The library of the demo films, unless somebody has removed it."""
    return _library_of(DEMO_DIR)


def _library_of(root: Path) -> Library | None:
    found = LibraryRoot.objects.in_use().filter(path=str(root.resolve()))
    return Library.objects.in_use().filter(roots__in=found).first()


def demo_request() -> None:
    """Have the demo films made, unless somebody does already."""
    outbox.enqueue(
        tasks.demo_create, key=tasks.DEMO_JOB, tracked=outbox.Tracked(tasks.DEMO_JOB, DEMO)
    )


def demo_create() -> None:
    """Make the demo films that are not there yet, and scan them."""
    from revenge.demo.library import ensure_demo_library  # noqa: PLC0415  (PyAV, only here)

    library = demo_library()
    if library is None:
        return
    ensure_demo_library(DEMO_DIR, progress=_demo_report)
    with suppress(ConflictError):  # it is being scanned, or was switched off
        scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL)


def _demo_report(made: int, missing: int, title: str) -> None:
    tracking.report(done=made, total=missing, message=title)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
