"""Limits of single API views by user."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.core.ratelimit.checking import check


class UserThrottle(BaseThrottle):
    """Limits what one user may ask of a view: its `user_limit`."""

    _retry_after = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        verdict = check(type(view).__name__, view.user_limit, "user", request.user.pk)  # type: ignore[attr-defined]
        self._retry_after = verdict.retry_after
        return verdict.is_allowed

    def wait(self) -> float:
        return self._retry_after
