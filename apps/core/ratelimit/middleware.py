"""Every route is limited by the caller's address, in the tier that it declares."""

import ipaddress
import math
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from apps.core import policy
from apps.core.address import client_address
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Tier, Verdict
from apps.core.views import too_many_requests

_IPV6_SITE = 64
"""Bits of an IPv6 address that name a caller: the rest is at the caller's disposal."""


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
    return check(tier, limit, _caller(request)) if limit else None


def _caller(request: HttpRequest) -> str:
    """One address, or one network of a site that has more than can be counted."""
    address = client_address(request) or "unknown"
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False).network_address)
