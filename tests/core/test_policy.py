"""Security rule 1: no route without a policy, and each policy is enforced."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.apikeys import services as keys
from apps.apikeys.models import Scope
from apps.authn import sessions
from apps.core import policy
from apps.core.policy import Access
from apps.libraries import services as libraries
from apps.libraries.models import Library, ScanType
from apps.movies import services as movies
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import SERVER_NAME
from apps.users.models import User
from tests import objects
from tests.metadata.pictures import make_image

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"


@dataclass(frozen=True)
class Route:
    path: str
    view: Any
    namespaces: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "cls")

    @property
    def is_admin_console(self) -> bool:
        return "admin" in self.namespaces

    def access(self, method: str) -> Access:
        declared = policy.declared(self.view, list(self.namespaces))
        assert declared is not None
        return policy.access_of(policy.rule_for(declared, method))

    def address(self, values: dict[str, str]) -> str:
        """A new parameter has to be given a value in `values` below."""
        without_regex = re.sub(r"\(\?P<(\w+)>.*\)\$", r"<\1>", self.path)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: values[m[1]], without_regex)

    @property
    def parameters(self) -> set[str]:
        return set(re.findall(r"<(?:\w+:)?(\w+)>", self.path))


def _routes(
    patterns: list[URLPattern | URLResolver], prefix: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _routes(pattern.url_patterns, path, inner)
        else:
            yield Route(path, pattern.callback, namespaces)


ROUTES = list(_routes(get_resolver().url_patterns))
every_route = pytest.mark.parametrize("route", ROUTES, ids=[route.path for route in ROUTES])
# An unknown or invisible film has no files: existing clients rely on that.
QUERIES = {"api/v1/movies/search": "?query=film"}
OWN = {"api/v1/apikeys/<uuid:key_id>"}
"""The object is the member's; an administrator sees it in the console alone."""
EMPTY_INSTEAD_OF_404 = {"api/v1/movies/<uuid:movie_id>/files"}


def test_there_are_routes() -> None:
    assert len([route for route in ROUTES if route.is_api]) > 15
    assert len([route for route in ROUTES if not route.is_api]) > 40


@every_route
def test_every_route_declares_a_policy(route: Route) -> None:
    assert policy.declared(route.view, list(route.namespaces)) is not None


@pytest.fixture
def values(films: Library, member: User, admin: User, image_cache: object) -> dict[str, str]:  # noqa: ARG001
    """Real objects behind the parameters of every route."""
    movie = objects.make_movie(films)
    for user in (member, admin):
        movies.watch_progress_save(user=user, movie=movie, progress_seconds=1, duration_seconds=9)
        siteconfig.user_setting_put(user=user, key=SERVER_NAME.key, value=1)
    file = objects.make_media_file(films)
    trailer = objects.make_media_file(films, "Film (2020)/trailer.mp4")
    objects.make_movie_file(movie, file)
    image = make_image(films)
    scan = libraries.scan_start(library=films, scan_type=ScanType.FULL, requested_by=admin)
    activity.record(Action.LIBRARY_SCAN, actor=admin, resource=scan)
    key = keys.key_create(user=member, name="Script", scopes=[Scope.READ])
    return {
        "movie_id": str(movie.pk),
        "library_id": str(films.pk),
        "scan_id": str(scan.pk),
        "file_id": str(file.pk),
        "extra_id": str(objects.make_extra(movie, trailer).pk),
        "side_file_id": str(objects.make_subtitle(file, SRT).pk),
        "kind": "poster",
        "user_id": str(member.pk),
        "size": "w342",
        "key_id": str(key.row.pk),
        "session_id": str(sessions.web_session_start(user=member, device=sessions.Device())),
        "name": image.file_name,
        "key": SERVER_NAME.key,
        "resource_type": "libraryscan",
        "resource_id": str(scan.pk),
        "token": objects.make_invitation(admin),
        # of the admin console
        "app_label": "libraries",
        "object_id": str(films.pk),
        "content_type_id": "1",
        "url": "no-such-page",
        "job_id": str(scan.pk),
        "schedule_id": "1",
    }


def _nowhere(values: dict[str, str]) -> dict[str, str]:
    """The same with ids of nothing."""
    return {k: str(uuid.uuid4()) if k.endswith("_id") else v for k, v in values.items()}


def _state() -> dict[str, list[dict[str, Any]]]:
    """All rows but those of sessions."""
    models = [m for m in apps.get_models() if m._meta.app_label not in {"sessions", "authn"}]
    return {m._meta.label: list(m._default_manager.order_by("pk").values()) for m in models}


@every_route
def test_what_is_refused_is_refused_and_changes_nothing(
    route: Route,
    values: dict[str, str],
    clients: Callable[[Route, User | None], Client],
    member: User,
    outsider: User,
) -> None:
    address, nowhere = route.address(values), route.address(_nowhere(values))
    people = [(clients(route, user), user) for user in (None, outsider, member)]
    before = _state()
    for client, user in people:
        for method in METHODS:
            access = route.access(method)
            if access is Access.PUBLIC:
                continue
            if user is None or access is Access.ADMIN:
                _assert_refused(client.generic(method, address), route, signed_in=user is not None)
            elif user == outsider and address != nowhere:
                _assert_invisible(route, client, method, address, nowhere)
    assert _state() == before


def _assert_refused(response: HttpResponse, route: Route, *, signed_in: bool) -> None:
    if route.is_api:
        assert response.status_code == (403 if signed_in else 401)
        assert response.headers["Content-Type"] == "application/json"
    elif signed_in:
        assert response.status_code == 403
        assert response.headers["Content-Type"].startswith("text/html")
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/sign-in/?next=")


def _assert_invisible(
    route: Route, client: Client, method: str, address: str, nowhere: str
) -> None:
    """What one may not see answers as what is not there."""
    response, missing = client.generic(method, address), client.generic(method, nowhere)
    assert response.status_code == missing.status_code
    if response.status_code == 405 or method == "OPTIONS":
        return
    if route.path in EMPTY_INSTEAD_OF_404:
        assert response.status_code == 200
    else:
        assert response.status_code == 404
    if route.is_api:
        assert response.content == missing.content


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if not route.is_admin_console],  # see test_admin.py
    ids=lambda route: route.path,
)
def test_what_is_allowed_is_not_refused(
    route: Route,
    values: dict[str, str],
    clients: Callable[[Route, User | None], Client],
    member: User,
    admin: User,
) -> None:
    address = route.address(values) + QUERIES.get(route.path, "")
    for user in (None, member, admin):
        for method in ("GET", "HEAD", "OPTIONS"):
            access = route.access(method)
            if not policy.allows(access, user or _nobody()):
                continue
            if route.path in OWN and user != member:
                continue
            response = clients(route, user).generic(method, address)
            assert response.status_code in {200, 302, 405}, method
            assert not response.headers.get("Location", "").startswith("/sign-in/?next=")


def _nobody() -> Any:
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415  (after the set-up)

    return AnonymousUser()


@pytest.fixture
def clients(
    api: Callable[[User | None], APIClient], browser_of: Callable[[User], Client]
) -> Callable[[Route, User | None], Client]:
    """API routes are called with an access token, pages with a session cookie."""

    def make(route: Route, user: User | None) -> Client:
        if user is None:
            return Client()
        return api(user) if route.is_api else browser_of(user)

    return make


def test_a_method_that_is_not_listed_is_for_administrators() -> None:
    assert policy.rule_for({"GET": Access.USER}, "DELETE") is Access.ADMIN
    assert policy.rule_for({"GET": Access.USER}, "HEAD") is Access.USER
    assert policy.rule_for({"GET": Access.USER, "PUT": Access.ADMIN}, "OPTIONS") is Access.USER
