"""Limits of API views by who calls, once that is known."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.core import policy
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Tier, Verdict

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, through the settings

_COUNTED = frozenset({Tier.GLOBAL, Tier.AUTH})


class _VerdictThrottle(BaseThrottle):
    def __init__(self) -> None:
        self._retry_after = 0.0

    def decide(self, verdict: Verdict) -> bool:
        self._retry_after = verdict.retry_after
        return verdict.is_allowed

    def wait(self) -> float:
        return self._retry_after


class CallerThrottle(_VerdictThrottle):
    """Limits what one user may ask of the whole API; an API key has a budget of its own. Who has
    not signed in, and media, are limited by address alone."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if request.user.pk is None or getattr(view, "tier", Tier.GLOBAL) not in _COUNTED:
            return True
        key = request.auth if isinstance(request.auth, policy.Credential) else None
        tier, caller = (Tier.KEY, key.id) if key else (Tier.USER, request.user.pk)
        limit = settings.RATE_LIMITS.get(tier)
        if limit is None:
            return True
        verdict = check(tier, limit, caller)
        # The headers tell of the tighter limit.
        by_address: Verdict | None = getattr(request, "rate_verdict", None)
        if by_address is None or verdict.remaining <= by_address.remaining:
            request._request.rate_verdict = verdict  # type: ignore[attr-defined]  # noqa: SLF001
        return self.decide(verdict)


class UserThrottle(_VerdictThrottle):
    """Limits what one user may ask of a view: its `user_limit`."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit = view.user_limit  # type: ignore[attr-defined]
        return self.decide(check(type(view).__name__, limit, "user", request.user.pk))
