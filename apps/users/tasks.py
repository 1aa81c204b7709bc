import uuid

from apps.core.jobs.models import Queue
from apps.core.jobs.task import declare
from apps.users import deletion, exports
from apps.users.models import User


@declare("users.export", queue=Queue.LOW)
def export(user_id: str) -> None:
    """Put together what the server knows about somebody."""
    user = User.objects.filter(pk=uuid.UUID(user_id), deleted_at=None).first()
    if user is not None:
        exports.export_make(user=user)


@declare("users.clean", queue=Queue.LOW)
def clean() -> None:
    """Forget deleted accounts' names and exports whose time is over."""
    deletion.anonymise_due()
    exports.clean()
