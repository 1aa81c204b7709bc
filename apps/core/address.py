import ipaddress

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address, as the edge wrote it; None when there is none that can be read.

    The edge is the peer of every request and replaces `X-Forwarded-For` unless it came from a
    proxy in REVENGE_TRUSTED_PROXIES, so its first entry is the client.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    candidate = forwarded.split(",")[0].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return None
