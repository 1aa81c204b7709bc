from apps.activity import services as activity
from apps.activity.actions import Action
from apps.authn import sessions
from apps.authn.management.accounts import AccountCommand
from apps.core.db.transactions import transaction
from apps.users.models import User


class Command(AccountCommand):
    help = "Sign an account out everywhere."

    @transaction()
    def run(self, user: User) -> str:
        live = user.device_sessions.filter(ended_at=None).count()
        sessions.sessions_end_all(user=user)
        activity.record(
            Action.SESSION_END, resource=user, metadata={"sessions": live, "by": "command line"}
        )
        return f"{user.username} is signed out everywhere. Sessions ended: {live}"
