from typing import TYPE_CHECKING

from django.contrib.auth.backends import BaseBackend

from apps.core.permissions import CONSOLE_APP
from apps.libraries.access import GrantLevel, access_of

if TYPE_CHECKING:
    from apps.users.models import User


class GrantBackend(BaseBackend):
    """Who manages a library finds it in the console, whatever the roles allow."""

    def has_module_perms(self, user_obj: "User", app_label: str) -> bool:
        return app_label == CONSOLE_APP and bool(access_of(user_obj, GrantLevel.MANAGE))
