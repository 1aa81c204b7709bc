"""The end of an account: switched off at once, anonymous after the retention time.

The row stays, so that what it has done keeps its author and its films what was seen of them.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError
from apps.siteconfig.declared import DELETED_ACCOUNTS_KEPT_DAYS
from apps.users import avatars, exports, hooks, services
from apps.users.models import User, UserPreferences
from apps.users.selectors import USERS


def user_delete(*, actor: User, user: User) -> None:
    """Delete somebody's account softly. Who has deleted it already stays deleted.

    Raises ConflictError for the own account and the last active administrator.
    """
    if user == actor:
        raise ConflictError(_("You cannot delete your own account here."))
    _delete(user, actor)


def own_account_delete(*, user: User) -> None:
    """Of who has just given the password. Raises ConflictError for the last administrator."""
    _delete(user, user)


@transaction()
def user_restore(*, actor: User, user: User) -> None:
    """Raises ConflictError for an account that is not deleted or whose name is forgotten."""
    restored = User.objects.filter(pk=user.pk, anonymised_at=None).exclude(deleted_at=None)
    if not restored.update(deleted_at=None, is_active=True, updated_at=timezone.now()):
        raise ConflictError(_("There is nothing to restore."))
    activity.record(Action.USER_RESTORE, actor=actor, resource=user)
    USERS.drop_on_commit(user.pk.hex)


def due() -> QuerySet[User]:
    """The deleted accounts whose retention time is over."""
    kept = timedelta(days=DELETED_ACCOUNTS_KEPT_DAYS.get())
    return User.objects.filter(anonymised_at=None, deleted_at__lte=timezone.now() - kept)


def anonymise_due() -> int:
    """Answers how many lost their name."""
    return sum(_anonymise(user) for user in due().iterator())


@transaction()
def _delete(user: User, actor: User) -> None:
    services.keep_an_administrator(without=user)
    now = timezone.now()
    deleted = User.objects.filter(pk=user.pk, deleted_at=None)
    if not deleted.update(deleted_at=now, is_active=False, updated_at=now):
        return
    activity.record(
        Action.USER_DELETE,
        actor=actor,
        resource=user,
        changes={"is_active": (user.is_active, False)},
        metadata={"username": user.username},
    )
    hooks.access_ended(user)
    USERS.drop_on_commit(user.pk.hex)


@transaction()
def _anonymise(user: User) -> bool:
    """False when it was restored meanwhile."""
    # The end of an id is random, its beginning a time.
    name = f"deleted-{user.pk.hex[-12:]}"
    forgotten = User.objects.filter(pk=user.pk, anonymised_at=None).exclude(deleted_at=None)
    nobody = User(username=name)
    nobody.set_unusable_password()
    if not forgotten.update(
        username=name,
        email=f"{name}@deleted.invalid",
        display_name="",
        locale="",
        timezone="",
        last_login=None,
        email_verified=False,
        is_superuser=False,
        password=nobody.password,
        anonymised_at=timezone.now(),
        updated_at=timezone.now(),
    ):
        return False
    UserPreferences.objects.filter(user=user).delete()
    avatars.avatar_remove(user=user, actor=None)
    exports.remove_on_commit(user)
    activity.record(Action.USER_ANONYMISE, resource=user)
    hooks.anonymised(user)
    USERS.drop_on_commit(user.pk.hex)
    return True
