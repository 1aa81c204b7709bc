"""The pictures of accounts, as files below AVATAR_DIR: a folder a user, a file a size."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.transaction import on_commit
from django.utils import timezone

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.files import written_whole
from apps.users import pictures
from apps.users.models import Avatar, User
from apps.users.pictures import Crop, Side, Squares
from apps.users.selectors import USERS


@dataclass(frozen=True)
class Shown:
    """An encoded picture; `tag` changes with its content."""

    content: bytes
    tag: str
    is_drawn: bool
    """It shows initials."""


def avatar_set(*, user: User, content: bytes, crop: Crop | None = None) -> Avatar:
    """Show a picture for a user in place of the one before, which goes.

    Raises InvalidInputError for one that cannot be used.
    """
    return _store(user, pictures.squares(content, crop))


@transaction()
def avatar_remove(*, user: User, actor: User | None) -> None:
    """Show initials again."""
    _lock(user)
    avatar = Avatar.objects.filter(user=user, is_current=True).first()
    if avatar is None:
        return
    Avatar.objects.filter(pk=avatar.pk).update(is_current=False)
    _show(user, 0, actor=actor)
    on_commit(partial(_clean, user, below=avatar.version + 1))


def avatar_shown(*, user: User, side: Side) -> Shown:
    """The picture of a user, or one of the initials."""
    if user.avatar_version:
        try:
            content = path_of(user, user.avatar_version, side).read_bytes()
        except FileNotFoundError:
            pass  # replaced just now, or on another machine's disk
        else:
            return Shown(content, f"{user.avatar_version}-{side}", is_drawn=False)
    drawn = pictures.initials(user.name, tint=user.tint, side=side)
    return Shown(drawn, pictures.fingerprint(user.name, user.tint, side), is_drawn=True)


def path_of(user: User, version: int, side: Side) -> Path:
    return _folder(user) / f"{version}-{side}.webp"


@transaction()
def _store(user: User, squares: Squares) -> Avatar:
    _lock(user)
    latest = Avatar.objects.filter(user=user).values_list("version", flat=True).first()
    version = (latest or 0) + 1
    for side, content in squares.contents.items():
        with written_whole(path_of(user, version, side)) as file:
            file.write(content)
    avatar, _made = Avatar.objects.update_or_create(
        user=user,
        defaults={
            "version": version,
            "is_current": True,
            "width": squares.width,
            "height": squares.height,
            "file_size_bytes": len(squares.contents[Side.LARGE]),
            "uploaded_at": timezone.now(),
        },
    )
    _show(user, version, actor=user)
    on_commit(partial(_clean, user, below=version))
    return avatar


def _lock(user: User) -> None:
    """One change at a time: each picture has a version of its own."""
    User.objects.select_for_update().filter(pk=user.pk).exists()


def _show(user: User, version: int, *, actor: User | None) -> None:
    changes = {"avatar_version": (user.avatar_version, version)}
    activity.record(Action.AVATAR_CHANGE, actor=actor, resource=user, changes=changes)
    User.objects.filter(pk=user.pk).update(avatar_version=version, updated_at=timezone.now())
    user.avatar_version = version
    USERS.drop_on_commit(user.pk.hex)


def _clean(user: User, *, below: int) -> None:
    """Remove the files of older versions."""
    for file in _folder(user).glob("*.webp"):
        if int(file.name.partition("-")[0]) < below:
            file.unlink(missing_ok=True)


def _folder(user: User) -> Path:
    return Path(settings.AVATAR_DIR) / str(user.pk)
