from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core import policy

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, through the settings


class PolicyPermission(BasePermission):
    """Allows what the view's `policy` attribute allows, and nothing where it has none.

    Who signed in with a credential of narrower scope may do no more than that permits.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        declaration = getattr(view, "policy", None)
        if declaration is None:
            return False
        method = request.method or "GET"
        rule = policy.rule_for(declaration, method)
        credential = request.auth
        if isinstance(credential, policy.Credential) and not credential.permits(
            policy.access_of(rule), method
        ):
            return False
        return policy.allows(rule, request.user)
