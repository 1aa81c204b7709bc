"""What a request says of itself: its address, where it wants to go, how it is answered."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from apps.core.address import client_address
from apps.core.links import next_page
from apps.core.policy import PolicyMiddleware
from apps.users.models import User


@pytest.mark.parametrize(
    ("forwarded", "peer", "expected"),
    [
        ("", "192.0.2.1", "192.0.2.1"),
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "127.0.0.1", "203.0.113.7"),
        ("2001:db8::1", "", "2001:db8::1"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("fe80::1%eth0", "", "fe80::1"),
        ("<script>", "192.0.2.1", None),
        ("", "", None),
    ],
)
def test_the_client_s_address(forwarded: str, peer: str, expected: str | None) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/movies/?a=b", "/movies/?a=b"),
        ("http://testserver/movies/", "http://testserver/movies/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_next_page_is_one_of_this_server(target: str, expected: str) -> None:
    request = RequestFactory().get("/sign-in/", {"next": target})
    assert next_page(request, fallback="movies:home") == expected
    posted = RequestFactory().post("/sign-in/", {"next": target})
    assert next_page(posted, fallback="movies:home") == expected


def test_a_page_without_a_policy_is_closed_to_everybody(admin: User) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")

    request = RequestFactory().get("/forgotten/")
    request.user = admin
    request.resolver_match = ResolverMatch(view, (), {})
    with pytest.raises(ImproperlyConfigured, match="/forgotten/"):
        PolicyMiddleware(view).process_view(request, view, (), {})


def test_every_page_carries_the_headers_that_browsers_obey(
    browser_of: Callable[[User], Client], member: User
) -> None:
    for path in ("/", "/movies/", "/api/v1/movies", "/no-such-page/"):
        headers = browser_of(member).get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
