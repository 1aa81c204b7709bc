"""Every route is limited by the caller's address, in the tier that it declares."""

import math
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from apps.core import policy
from apps.core.address import caller, client_address
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Tier, Verdict
from apps.core.views import too_many_requests


class RateLimitMiddleware:
    """Stands before whatever costs something. An address without a route counts as GLOBAL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        verdict: Verdict | None = getattr(request, "rate_verdict", None)
        if verdict is None and request.resolver_match is None:
            verdict = _checked(request, Tier.GLOBAL)
            if verdict and not verdict.is_allowed:
                response = too_many_requests(request, verdict.retry_after)
        if verdict is not None:
            response.headers["X-RateLimit-Limit"] = str(verdict.limit)
            response.headers["X-RateLimit-Remaining"] = str(verdict.remaining)
            response.headers["X-RateLimit-Reset"] = str(
                math.ceil(time.time() + verdict.reset_after)
            )
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        verdict = _checked(request, policy.tier_of(view))
        request.rate_verdict = verdict  # type: ignore[attr-defined]
        if verdict is None or verdict.is_allowed:
            return None
        return too_many_requests(request, verdict.retry_after)


def _checked(request: HttpRequest, tier: Tier) -> Verdict | None:
    limit = settings.RATE_LIMITS.get(tier)
    return check(tier, limit, caller(client_address(request))) if limit else None
