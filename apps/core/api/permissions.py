from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core import policy
from apps.core.jobs.context import current_user_id

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, through the settings


class PolicyPermission(BasePermission):
    """Allows what the view's `policy` attribute allows, and nothing where it has none."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        declaration = getattr(view, "policy", None)
        if declaration is None:
            return False
        access = policy.access_for(declaration, request.method or "GET")
        is_allowed = policy.allows(access, request.user)
        if is_allowed:
            current_user_id.set(request.user.pk)
        return is_allowed
