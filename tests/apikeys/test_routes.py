"""What a key may call, of all the API: by its scopes, and never more than its user."""

import uuid
from collections.abc import Sequence
from itertools import product

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from apps.apikeys import services
from apps.apikeys.models import ApiKey, Scope
from apps.apikeys.services import MadeKey
from apps.authn import sessions
from apps.authn.models import DeviceSession
from apps.core.policy import Access
from apps.users.models import User
from tests.core.test_policy import METHODS, ROUTES, Route

API = [route for route in ROUTES if route.is_api]
every_api_route = pytest.mark.parametrize("route", API, ids=[route.path for route in API])
SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN = {Access.PUBLIC, Access.SIGNED, Access.WEBHOOK}


def make(user: User, *scopes: Scope) -> MadeKey:
    return services.key_create(user=user, name="Script", scopes=scopes)


def call(key: MadeKey, method: str, route: Route) -> HttpResponse:
    address = route.address({name: str(uuid.uuid4()) for name in route.parameters})
    return Client(headers={"X-API-Key": key.key}).generic(method, address)


def closed(route: Route, scopes: Sequence[Scope]) -> list[str]:
    """Methods that the scopes do not cover, whoever has the key."""
    refused = []
    for method in METHODS:
        access = route.access(method)
        needed = Scope.READ if method in SAFE else Scope.WRITE
        if access is Access.ADMIN:
            needed = Scope.ADMIN
        if access not in OPEN and (access is Access.SESSION or needed not in scopes):
            refused.append(method)
    return refused


@every_api_route
def test_beyond_its_scopes_an_administrator_s_key_may_nothing(route: Route, admin: User) -> None:
    for scopes in ([Scope.READ], [Scope.WRITE], [Scope.ADMIN]):
        key = make(admin, *scopes)
        before = list(ApiKey.objects.values("pk")), list(DeviceSession.objects.values())
        for method in closed(route, scopes):
            response = call(key, method, route)
            assert response.status_code == 403, (method, scopes)
        assert (list(ApiKey.objects.values("pk")), list(DeviceSession.objects.values())) == before


@every_api_route
def test_a_key_lets_nobody_do_more_than_before(route: Route, member: User) -> None:
    key = make(member, *Scope)
    for method in METHODS:
        # The view asks for the grant when there is something to do.
        is_open = method == "OPTIONS" and getattr(route.rule(method), "or_grant", False)
        if route.access(method) is Access.ADMIN and not is_open:
            assert call(key, method, route).status_code == 403


@every_api_route
def test_a_revoked_key_is_none(route: Route, admin: User) -> None:
    key = make(admin, *Scope)
    services.key_revoke(key=key.row, actor=admin)
    for method in METHODS:
        if route.access(method) not in OPEN:
            assert call(key, method, route).status_code == 401


@every_api_route
def test_within_its_scopes_it_is_not_refused(route: Route, admin: User) -> None:
    key = make(admin, *Scope)
    for method in ("GET", "HEAD", "OPTIONS"):
        if route.access(method) is not Access.SESSION:
            assert call(key, method, route).status_code not in {401, 403}


def test_what_guards_the_account_is_closed_to_keys() -> None:
    guarded = {route.path for route in API if route.access("POST") is Access.SESSION}
    assert guarded >= {
        "api/v1/apikeys",
        "api/v1/apikeys/<uuid:key_id>",
        "api/v1/auth/logout",
        "api/v1/sessions",
        "api/v1/sessions/<uuid:session_id>",
    }


def test_a_key_has_no_session(admin: User) -> None:
    client = Client(headers={"X-API-Key": make(admin, *Scope).key})
    for method in ("GET", "DELETE"):
        assert client.generic(method, "/api/v1/sessions/current").status_code == 404


def test_writing_is_one_s_own_alone(member: User) -> None:
    key = make(member, Scope.READ, Scope.WRITE)
    client = Client(headers={"X-API-Key": key.key})
    assert client.generic("POST", "/api/v1/search/reindex").status_code == 403
    assert client.get("/api/v1/movies").status_code == 200


def test_no_route_takes_a_token_that_has_expired(member: User, settings: LazySettings) -> None:
    settings.ACCESS_TOKEN_MINUTES = -5
    pair = sessions.session_start(user=member, device=sessions.Device())
    client = Client(headers={"Authorization": f"Bearer {pair.access_token}"})
    closed_routes = [
        (route, method)
        for route, method in product(API, METHODS)
        if route.access(method) not in OPEN
    ]
    answers = {
        (route.path, method): client.generic(
            method, route.address({name: str(uuid.uuid4()) for name in route.parameters})
        ).status_code
        for route, method in closed_routes
    }
    assert len(answers) > 300
    assert {each for each, status in answers.items() if status != 401} == set()
