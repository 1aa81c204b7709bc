from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn.management.accounts import AccountCommand
from apps.core.db.transactions import transaction
from apps.rbac import built_in
from apps.users import services as users
from apps.users.models import User


class Command(AccountCommand):
    help = "Make an account an administrator's, and switch it on."

    @transaction()
    def run(self, user: User) -> str:
        if user.is_admin and user.is_active:
            return f"{user.username} is an administrator already."
        users.user_update(user=user, changes={"is_superuser": True, "is_active": True})
        activity.record(
            Action.ROLE_ASSIGN,
            resource=user,
            metadata={"role": built_in.ADMIN, "by": "command line"},
        )
        return f"{user.username} is an administrator now."
