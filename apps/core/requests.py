from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from apps.users.models import User


class AuthenticatedRequest(HttpRequest):
    """The request of a view whose policy is not public: somebody has signed in."""

    user: "User"
    htmx: "HtmxDetails"


class UserRequest(Request):
    """The same for API views."""

    user: "User"
