"""Writes of users."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError
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
) -> User:
    """A new account with these roles.

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
    USERS.drop_on_commit(user.pk.hex)
    return user


@transaction()
def user_update(*, user: User, changes: Mapping[str, object]) -> User:
    """Change fields of an account.

    Raises as `user_create` does, and ConflictError when no active administrator would be left.
    """
    for name, value in changes.items():
        setattr(user, name, value)
    _validate(user)
    if changes.keys() & {"is_active", "is_superuser"} and not (user.is_active and user.is_admin):
        _keep_an_administrator(without=user)
    with _unique():
        user.save(update_fields=[*changes, "updated_at"])
    USERS.drop_on_commit(user.pk.hex)
    return user


def user_set_password(*, user: User, password: str) -> None:
    """Raises InvalidInputError for a weak password."""
    _validate(user, password=password)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    USERS.drop_on_commit(user.pk.hex)


def _keep_an_administrator(*, without: User) -> None:
    """The rows stay locked, so that two administrators cannot switch each other off."""
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
    try:
        user.validate_constraints()
    except ValidationError as error:
        message = _("This user name or e-mail address is taken.")
        raise ConflictError(message, error.message_dict) from error
