"""Writes of users."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from apps.users import hooks
from apps.users.models import User
from apps.users.selectors import USERS

DEFAULT_ROLE: Final = "user"


@transaction()
def user_create(
    *,
    username: str,
    email: str,
    password: str,
    is_admin: bool = False,
    display_name: str = "",
    roles: Iterable[str] = (DEFAULT_ROLE,),
    actor: User | None = None,
) -> User:
    """A new account with these roles; `actor` is who made it for somebody else.

    Raises InvalidInputError with the fields' messages, ConflictError when the name or the address
    is taken.
    """
    user = User(
        username=username,
        email=User.objects.normalize_email(email),
        display_name=display_name,
        is_superuser=is_admin,
    )
    _validate(user, password=password)
    user.set_password(password)
    with _unique():
        user.save(force_insert=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    made = {"username": username, "email": user.email, "is_superuser": is_admin}
    activity.record(
        Action.USER_CREATE,
        actor=actor,
        resource=user,
        changes={name: (None, value) for name, value in made.items()},
    )
    USERS.drop_on_commit(user.pk.hex)
    return user


@transaction()
def user_update(*, user: User, changes: Mapping[str, object], actor: User | None = None) -> User:
    """Change fields of an account. An address that is new has to be confirmed again.

    Raises as `user_create` does, and ConflictError when no active administrator would be left, or
    when `actor` would switch off the own account.
    """
    before = _stored(user, [*changes, "email"])
    for name, value in changes.items():
        setattr(user, name, value)
    _validate(user)
    user.email = User.objects.normalize_email(user.email)
    has_new_address = user.email.lower() != str(before["email"]).lower()
    if has_new_address and "email_verified" not in changes:
        user.email_verified = False
    if changes.keys() & {"is_active", "is_superuser"} and not (user.is_active and user.is_admin):
        keep_an_administrator(without=user)
    if user == actor and not user.is_active:
        raise ConflictError(_("You cannot switch off your own account."))
    with _unique():
        user.save(update_fields=[*changes, "email_verified", "updated_at"])
    _record_update(user, before, actor)
    if has_new_address:
        hooks.address_left((user, str(before["email"])))
    if has_new_address and not user.email_verified:
        hooks.email_changed(user)
    if before.get("is_active") and not user.is_active:
        hooks.access_ended(user)
    USERS.drop_on_commit(user.pk.hex)
    return user


def user_administer(*, actor: User, user: User, changes: Mapping[str, object]) -> User:
    """Change somebody's account. Who is no administrator touches nobody else who may enter the
    console, were it switched on, makes no administrator, and changes nobody's e-mail address: by it
    one gets a new password, and all that the account may do.

    Raises ForbiddenError for that, ConflictError for a deleted account, and what `user_update`
    raises.
    """
    if user.deleted_at is not None:
        raise ConflictError(_("The account is deleted: restore it first."))
    if not actor.is_admin:
        if user.is_admin or changes.get("is_superuser"):
            raise ForbiddenError(_("Only administrators change administrators."))
        if user != actor and _would_be_staff(user):
            raise ForbiddenError(_("Only administrators change who may enter the console."))
        if user != actor and changes.get("email", user.email) != user.email:
            raise ForbiddenError(_("Only administrators change somebody's e-mail address."))
    return user_update(user=user, changes=changes, actor=actor)


def _would_be_staff(user: User) -> bool:
    """A moderator who was switched off is not let back in by another."""
    switched_on = copy.copy(user)
    switched_on.is_active = True
    return switched_on.is_staff


def user_set_password(*, user: User, password: str) -> None:
    """Raises InvalidInputError for a weak password."""
    _validate(user, password=password)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    USERS.drop_on_commit(user.pk.hex)


@transaction()
def password_assign(*, actor: User, user: User, password: str) -> None:
    """Give somebody a new password, which ends all access by the old one.

    Raises InvalidInputError for a weak password.
    """
    user_set_password(user=user, password=password)
    activity.record(Action.PASSWORD_RESET, actor=actor, resource=user)
    hooks.access_ended(user)


def _stored(user: User, fields: Iterable[str]) -> dict[str, object]:
    """As the database has them: a form may have written into `user` already.

    Raises NotFoundError.
    """
    row = User.objects.filter(pk=user.pk).values(*fields).first()
    if row is None:
        raise NotFoundError(_("There is no such user."))
    return dict(row)


def _record_update(user: User, before: Mapping[str, object], actor: User | None) -> None:
    changed = {
        name: (old, getattr(user, name))
        for name, old in before.items()
        if old != getattr(user, name)
    }
    if changed:
        activity.record(Action.USER_UPDATE, actor=actor, resource=user, changes=changed)


def keep_an_administrator(*, without: User) -> None:
    """Raises ConflictError when nobody else is an active administrator.

    The rows stay locked, so that two administrators cannot switch each other off.
    """
    administrators = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")
    remaining = {admin.pk for admin in administrators.select_for_update()}
    if remaining == {without.pk}:
        raise ConflictError(_("The last active administrator stays one."))


@contextmanager
def _unique() -> Iterator[None]:
    """Somebody may take the name between the check and the write."""
    try:
        yield
    except DuplicateError as error:
        raise ConflictError(_("This user name or e-mail address is taken.")) from error


def _validate(user: User, *, password: str | None = None) -> None:
    details: dict[str, list[str]] = {}
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        details |= error.message_dict
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            details["password"] = list(error.messages)
    if details:
        raise InvalidInputError(_("The account is not valid."), details)
    _validate_unique(user)


_TAKEN: Final = {
    "user_username_unique": "username",
    "user_username_no_lookalike": "username",
    "user_email_unique": "email",
}


def _validate_unique(user: User) -> None:
    details: dict[str, list[str]] = {}
    for constraint in User._meta.constraints:  # noqa: SLF001  (public API)
        try:
            constraint.validate(User, user)
        except ValidationError as error:
            details.setdefault(_TAKEN[constraint.name], list(error.messages))
    if details:
        raise ConflictError(_("This user name or e-mail address is taken."), details)
