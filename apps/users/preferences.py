"""What somebody likes: defaults until something is chosen."""

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError
from apps.users import places, services
from apps.users.models import User, UserPreferences

# Every page needs them, so that they are in the user's own row.
_OF_THE_USER: Final = {"theme": "theme", "display_language": "locale"}


def preferences_of(user: User) -> UserPreferences:
    """The stored ones, or the defaults."""
    preferences = UserPreferences.objects.filter(user=user).first() or UserPreferences()
    preferences.user = user
    return preferences


@transaction()
def preferences_update(*, user: User, changes: Mapping[str, object]) -> UserPreferences:
    """Change columns of the preferences, `theme` and `display_language`.

    Raises InvalidInputError with the fields' messages.
    """
    # One at a time, so that none undoes what another has changed.
    User.objects.select_for_update().filter(pk=user.pk).exists()
    own = {_OF_THE_USER[name]: value for name, value in changes.items() if name in _OF_THE_USER}
    if own.get("locale"):
        own["locale"] = _page_language(str(own["locale"]))
    if own:
        services.user_update(user=user, changes=own, actor=user)
    preferences = preferences_of(user)
    before = {name: getattr(preferences, name) for name in changes.keys() - _OF_THE_USER.keys()}
    for name in before:
        setattr(preferences, name, changes[name])
    changed = {name: (old, changes[name]) for name, old in before.items() if old != changes[name]}
    if changed:
        _save(preferences)
        activity.record(Action.USER_UPDATE, actor=user, resource=user, changes=changed)
    return preferences


def _save(preferences: UserPreferences) -> None:
    try:
        preferences.clean_fields(exclude=["user"])
    except ValidationError as error:
        raise InvalidInputError(_("The preferences are not valid."), error.message_dict) from error
    preferences.save()


def _page_language(tag: str) -> str:
    try:
        return places.page_language(tag)
    except ValidationError as error:
        details = {"display_language": list(error.messages)}
        raise InvalidInputError(_("The preferences are not valid."), details) from error
