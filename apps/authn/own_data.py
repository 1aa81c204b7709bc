"""What this app knows of a person."""

from apps.users import exporting
from apps.users.exporting import Rows
from apps.users.models import User


def sessions(user: User) -> Rows:
    return exporting.rows(
        user.device_sessions.order_by("created_at"),
        "device_name", "ip_address", "user_agent", "created_at", "last_active_at", "expires_at",
        "ended_at",
    )  # fmt: skip
