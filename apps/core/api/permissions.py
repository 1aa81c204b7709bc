from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core import policy

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, through the settings


class PolicyPermission(BasePermission):
    """Allows what the view's `policy` attribute allows, and nothing where it has none."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        declaration = getattr(view, "policy", None)
        if declaration is None:
            return False
        return policy.allows(policy.access_for(declaration, request.method or "GET"), request.user)
