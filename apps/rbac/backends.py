from typing import TYPE_CHECKING

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model

from apps.core.permissions import CONSOLE, CONSOLE_APP, covers
from apps.rbac import selectors

if TYPE_CHECKING:
    from apps.users.models import User


class RoleBackend(BaseBackend):
    """Answers `user.has_perm("resource:action")` from the user's roles."""

    def has_perm(self, user_obj: "User", perm: str, obj: Model | None = None) -> bool:  # type: ignore[override]
        if obj is not None or ":" not in perm or not user_obj.is_active:
            return False
        return covers(selectors.permissions_of(user_id=user_obj.pk), perm)

    def has_module_perms(self, user_obj: "User", app_label: str) -> bool:
        """Whether a role opens some page of the console."""
        if app_label != CONSOLE_APP or not user_obj.is_active:
            return False
        held = selectors.permissions_of(user_id=user_obj.pk)
        return any(covers(held, permission) for permission in CONSOLE)
