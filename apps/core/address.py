import ipaddress
from typing import Final

from django.http import HttpRequest

_IPV6_SITE: Final = 64
"""Bits of an IPv6 address that name a caller: the rest is at the caller's disposal."""


def client_address(request: HttpRequest) -> str | None:
    """The client's address, as the edge wrote it; None when there is none that can be read.

    The edge is the peer of every request and replaces `X-Forwarded-For` unless it came from a
    proxy in REVENGE_TRUSTED_PROXIES, so its first entry is the client.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    candidate = forwarded.split(",")[0].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(candidate.partition("%")[0])  # without the zone of a link
    except ValueError:
        return None
    # As ::ffff:192.0.2.1 the whole of IPv4 would count as one network.
    return str(getattr(address, "ipv4_mapped", None) or address)


def caller(address: str | None) -> str:
    """Who is counted: one address, or one network of a site that has more than can be counted."""
    if address is None or ":" not in address:
        return address or "unknown"
    return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False).network_address)
