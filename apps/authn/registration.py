"""Making one's own account."""

from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import invitations, passwords, verification
from apps.core.db.transactions import transaction
from apps.core.errors import ForbiddenError
from apps.siteconfig.declared import REGISTRATION_ENABLED
from apps.users import services as users
from apps.users.models import User


def registration_is_open() -> bool:
    """Not before there is an administrator: the first account is made by the set-up."""
    return REGISTRATION_ENABLED.get() and User.objects.exists()


def register(
    *, username: str, email: str, password: str, display_name: str = "", invitation: str = ""
) -> User:
    """A new account, with the role and the libraries of the invitation whose secret is given.

    Raises ForbiddenError where the server takes nobody without one, NotFoundError for one that is
    not valid, and what `user_create` raises.
    """
    if not invitation and not registration_is_open():
        raise ForbiddenError(_("This server does not let people make accounts by themselves."))
    with passwords.turn(), transaction():
        invited = invitations.invitation_take(invitation) if invitation else None
        user = users.user_create(
            username=username,
            email=email,
            password=password,
            display_name=display_name,
            roles=(invited.role.name if invited else users.DEFAULT_ROLE,),
        )
        if invited:
            invitations.invitation_grant(invited, user)
        about = {"invitation": invited.pk} if invited else {}
        activity.record(Action.REGISTER, actor=user, resource=user, metadata=about)
        verification.verification_send(user=user)
    return user
