"""Security rule 1: no route without a policy, and each policy is enforced."""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from psycopg import sql
from rest_framework.test import APIClient

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.apikeys import services as keys
from apps.apikeys.models import Scope
from apps.authn import sessions
from apps.core import policy
from apps.core.permissions import covers
from apps.core.policy import Access, Needs, Rule
from apps.libraries import grants, scanning
from apps.libraries import services as libraries
from apps.libraries.access import GrantLevel
from apps.libraries.models import Library, ScanType
from apps.movies import services as movies
from apps.rbac import built_in
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import SERVER_NAME
from apps.users.models import User
from tests import objects
from tests.commits import as_committed
from tests.metadata.pictures import make_image

pytestmark = pytest.mark.unmeasured

PEOPLE = ("nobody", "guest", "outsider", "member", "moderator", "admin")
"""Of those that have signed in all but the outsider have a grant."""
ROLE_OF = {
    "guest": built_in.GUEST,
    "outsider": built_in.USER,
    "member": built_in.USER,
    "moderator": built_in.MODERATOR,
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
Clients = Callable[["Route", str], Client]
_SESSIONS = {"sessions", "authn"}
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

    def rule(self, method: str) -> Rule:
        declared = policy.declared(self.view, list(self.namespaces))
        assert declared is not None
        return policy.rule_for(declared, method)

    def access(self, method: str) -> Access:
        return policy.access_of(self.rule(method))

    def is_public(self, method: str) -> bool:
        return self.rule(method) in {Access.PUBLIC, Access.SIGNED, Access.WEBHOOK}

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


def _groups(routes: Iterable[Route]) -> pytest.MarkDecorator:
    """Routes by their kind: those of a group are called on the same rows."""
    groups: dict[str, list[Route]] = {}
    for route in routes:
        kind = "admin console" if route.is_admin_console else "pages"
        groups.setdefault("api" if route.is_api else kind, []).append(route)
    return pytest.mark.parametrize("routes", groups.values(), ids=list(groups))


# An unknown or invisible film has no files: existing clients rely on that.
QUERIES = {"api/v1/movies/search": "?query=film"}
OWN = {"api/v1/apikeys/<uuid:key_id>"}
"""The object is the member's; an administrator sees it in the console alone."""
PRIVATE = {"api/v1/users/<uuid:user_id>", "api/v1/users/<uuid:user_id>/avatar"}
"""The member's profile is, but for who looks after people."""
OWN_OR_403 = {"api/v1/rbac/users/<uuid:user_id>/roles"}
"""Others than the owner and administrators get 403, as published."""
EMPTY_INSTEAD_OF_404 = {"api/v1/movies/<uuid:movie_id>/files"}


def test_there_are_routes() -> None:
    assert len([route for route in ROUTES if route.is_api]) > 15
    assert len([route for route in ROUTES if not route.is_api]) > 40


@every_route
def test_every_route_declares_a_policy(route: Route) -> None:
    assert policy.declared(route.view, list(route.namespaces)) is not None


@pytest.fixture
def people(
    guest: User, outsider: User, member: User, moderator: User, admin: User
) -> dict[str, User]:
    everybody = (guest, outsider, member, moderator, admin)
    return {user.username: user for user in everybody}


def _may(who: str, rule: Rule) -> bool:
    """The policy table, told from the built-in roles."""
    if rule in {Access.PUBLIC, Access.SIGNED, Access.WEBHOOK} or who == "admin":
        return True
    if who == "nobody" or rule is Access.ADMIN:
        return False
    if rule is Access.STAFF:
        return who == "moderator"
    if isinstance(rule, Needs):
        return covers(frozenset(built_in.ROLES[ROLE_OF[who]].permissions), rule.permission)
    return rule in {Access.USER, Access.SESSION}


@pytest.fixture
def values(films: Library, people: dict[str, User], image_cache: object) -> dict[str, str]:  # noqa: ARG001
    """Real objects behind the parameters of every route."""
    movie = objects.make_movie(films)
    viewers = [user for who, user in people.items() if who != "outsider"]
    libraries.library_set_viewers(library=films, users=viewers)
    for user in viewers:
        grants.grant_add(actor=None, library=films, grantee=user, level=GrantLevel.DOWNLOAD)
        movies.watch_progress_save(user=user, movie=movie, progress_seconds=1, duration_seconds=9)
        siteconfig.user_setting_put(user=user, key=SERVER_NAME.key, value=1)
    file = objects.make_media_file(films)
    trailer = objects.make_media_file(films, "Film (2020)/trailer.mp4")
    objects.make_movie_file(movie, file)
    image = make_image(films)
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL, requested_by=people["admin"])
    activity.record(Action.LIBRARY_SCAN, actor=people["admin"], resource=scan)
    session = sessions.web_session_start(user=people["member"], device=sessions.Device())
    key = keys.key_create(user=people["member"], name="Script", scopes=[Scope.READ])
    return {
        "movie_id": str(movie.pk),
        "library_id": str(films.pk),
        "root_id": str(films.roots.get().pk),
        "scan_id": str(scan.pk),
        "file_id": str(file.pk),
        "extra_id": str(objects.make_extra(movie, trailer).pk),
        "side_file_id": str(objects.make_subtitle(file, SRT).pk),
        "user_id": str(people["member"].pk),
        "role_name": built_in.GUEST,
        "kind": "poster",
        "size": "w342",
        "key_id": str(key.row.pk),
        "session_id": str(session),
        "name": image.file_name,
        "key": SERVER_NAME.key,
        "resource_type": "libraryscan",
        "resource_id": str(scan.pk),
        "token": objects.make_invitation(people["admin"]),
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


def _state() -> dict[str, str]:
    """All rows but those of sessions, as JSON by table."""
    tables = [m._meta.db_table for m in apps.get_models() if m._meta.app_label not in _SESSIONS]
    rows = "SELECT %s, json_agg(t ORDER BY t::text)::text FROM {} t"
    query = sql.SQL(" UNION ALL ").join(
        sql.SQL(rows).format(sql.Identifier(table)) for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(query, tables)
        return dict(cursor.fetchall())


@_groups(ROUTES)
def test_what_is_refused_is_refused_and_changes_nothing(
    routes: list[Route], values: dict[str, str], clients: Clients
) -> None:
    before = _state()
    for route in routes:
        _assert_closed(route, values, clients)
        assert _state() == before, route.path


def _assert_closed(route: Route, values: dict[str, str], clients: Clients) -> None:
    address, nowhere = route.address(values), route.address(_nowhere(values))
    for who, method in product(PEOPLE, METHODS):
        if method == "OPTIONS" and getattr(route.rule(method), "or_grant", False):
            continue  # the view asks for the grant when there is something to do
        if not _may(who, route.rule(method)):
            response = clients(route, who).generic(method, address)
            _assert_refused(response, route, signed_in=who != "nobody")
        elif who == "outsider" and address != nowhere and not route.is_public(method):
            _assert_invisible(route, clients(route, who), method, address, nowhere)


def _assert_refused(response: Any, route: Route, *, signed_in: bool) -> None:
    if route.is_api:
        assert response.status_code == (403 if signed_in else 401), route.path
        assert response.headers["Content-Type"] == "application/json"
    elif signed_in:
        assert response.status_code == 403, route.path
        assert response.headers["Content-Type"].startswith("text/html")
    else:
        assert response.status_code == 302, route.path
        assert response.headers["Location"].startswith("/sign-in/?next=")


def _assert_invisible(
    route: Route, client: Client, method: str, address: str, nowhere: str
) -> None:
    """What one may not see answers as what is not there."""
    response, missing = client.generic(method, address), client.generic(method, nowhere)
    assert response.status_code == missing.status_code, route.path
    if response.status_code == 405 or method == "OPTIONS":
        return
    if route.path in EMPTY_INSTEAD_OF_404:
        assert response.status_code == 200, route.path
    else:
        assert response.status_code == (403 if route.path in OWN_OR_403 else 404), route.path
    if route.is_api:
        assert response.content == missing.content


@_groups(route for route in ROUTES if not route.is_admin_console)  # see test_admin.py
def test_what_is_allowed_is_not_refused(
    routes: list[Route], values: dict[str, str], clients: Clients
) -> None:
    for route in routes:
        _assert_open(route, values, clients)


def _assert_open(route: Route, values: dict[str, str], clients: Clients) -> None:
    address = route.address(values) + QUERIES.get(route.path, "")
    allowed = [
        (who, method)
        for who, method in product(PEOPLE, ("GET", "HEAD", "OPTIONS"))
        if _may(who, route.rule(method)) and _is_for(who, route)
    ]
    assert {who for who, _ in allowed} >= ({"member"} if route.path in OWN else {"admin"})
    for who, method in allowed:
        response = clients(route, who).generic(method, address)
        assert response.status_code in {200, 302, 405}, (route.path, who)
        assert not response.headers.get("Location", "").startswith("/sign-in/?next=")


def _is_for(who: str, route: Route) -> bool:
    if route.path in OWN:
        return who == "member"
    if route.path in PRIVATE:
        return who in {"member", "moderator", "admin"}
    if route.path in OWN_OR_403:
        return who in {"member", "admin"}
    return who != "outsider" or not route.parameters


@pytest.fixture
def clients(
    api: Callable[[User | None], APIClient],
    browser_of: Callable[[User], Client],
    people: dict[str, User],
    values: dict[str, str],  # noqa: ARG001
) -> Clients:
    """API routes are called with an access token, pages with a session cookie."""
    programs = {who: api(user) for who, user in people.items()}
    browsers = {who: browser_of(user) for who, user in people.items()}
    as_committed()

    def client(route: Route, who: str) -> Client:
        if who == "nobody":
            return Client()
        return programs[who] if route.is_api else browsers[who]

    return client


def test_a_method_that_is_not_listed_is_for_administrators() -> None:
    assert policy.rule_for({"GET": Access.USER}, "DELETE") is Access.ADMIN
    assert policy.rule_for({"GET": Access.USER}, "HEAD") is Access.USER
    assert policy.rule_for({"GET": Access.USER, "PUT": Access.ADMIN}, "OPTIONS") is Access.USER
