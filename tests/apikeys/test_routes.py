"""What a key may call, of all the API: by its scopes, and never more than its user."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import product

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.apikeys import services
from apps.apikeys.models import ApiKey, Scope
from apps.apikeys.services import MadeKey
from apps.authn import sessions
from apps.authn.models import DeviceSession
from apps.core.policy import Access
from apps.users.models import User
from tests.commits import as_committed
from tests.core.test_policy import METHODS, ROUTES, Route

API = [route for route in ROUTES if route.is_api]
SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN = {Access.PUBLIC, Access.SIGNED, Access.WEBHOOK}


def make(user: User, *scopes: Scope) -> MadeKey:
    return services.key_create(user=user, name="Script", scopes=scopes)


def calls(key: MadeKey, wanted: Iterable[tuple[Route, str]]) -> dict[tuple[str, str], int]:
    """The status of each, by path and method."""
    client = Client(headers={"X-API-Key": key.key})
    return {
        (route.path, method): client.generic(method, nowhere(route)).status_code
        for route, method in wanted
    }


def nowhere(route: Route) -> str:
    return route.address({name: str(uuid.uuid4()) for name in route.parameters})


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


@pytest.mark.parametrize("scope", list(Scope))
def test_beyond_its_scopes_an_administrator_s_key_may_nothing(scope: Scope, admin: User) -> None:
    key = make(admin, scope)
    as_committed()
    before = list(ApiKey.objects.values("pk")), list(DeviceSession.objects.values())
    answers = calls(key, [(route, method) for route in API for method in closed(route, [scope])])
    assert len(answers) > 50
    assert {each: status for each, status in answers.items() if status != 403} == {}
    assert (list(ApiKey.objects.values("pk")), list(DeviceSession.objects.values())) == before


def test_a_key_lets_nobody_do_more_than_before(member: User) -> None:
    key = make(member, *Scope)
    as_committed()
    answers = calls(
        key,
        [
            (route, method)
            for route, method in product(API, METHODS)
            # The view asks for the grant when there is something to do.
            if not (method == "OPTIONS" and getattr(route.rule(method), "or_grant", False))
            and route.access(method) is Access.ADMIN
        ],
    )
    assert len(answers) > 50
    assert {each: status for each, status in answers.items() if status != 403} == {}


def test_a_revoked_key_is_none(admin: User) -> None:
    key = make(admin, *Scope)
    services.key_revoke(key=key.row, actor=admin)
    as_committed()
    answers = calls(
        key, [each for each in product(API, METHODS) if each[0].access(each[1]) not in OPEN]
    )
    assert len(answers) > 300
    assert {each: status for each, status in answers.items() if status != 401} == {}


def test_within_its_scopes_it_is_not_refused(admin: User) -> None:
    key = make(admin, *Scope)
    as_committed()
    answers = calls(
        key,
        [
            (route, method)
            for route, method in product(API, ("GET", "HEAD", "OPTIONS"))
            if route.access(method) is not Access.SESSION
        ],
    )
    assert len(answers) > 100
    assert {each: status for each, status in answers.items() if status in {401, 403}} == {}


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
        (route.path, method): client.generic(method, nowhere(route)).status_code
        for route, method in closed_routes
    }
    assert len(answers) > 300
    assert {each for each, status in answers.items() if status != 401} == set()
