"""Every operation of the OpenAPI document, called with what it names and with what it does not, by
everybody: nothing is a fault of the server's, and every answer is one that the document knows."""

from itertools import cycle
from typing import Any

import pytest
import requests
import schemathesis
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from apps.apikeys import services as keys
from apps.apikeys.models import Scope
from apps.authn import sessions
from apps.users.models import User
from tests.commits import as_committed

pytestmark = pytest.mark.unmeasured

_OF_A_REQUEST = {"method", "url", "params", "headers", "json", "data", "files", "cookies"}
EXAMPLES = 14
"""Of each operation: everybody calls it twice."""


def _schema() -> Any:
    document = SchemaGenerator().get_schema(request=None, public=True)
    return schemathesis.openapi.from_dict(document)


OPERATIONS = [result.ok() for result in _schema().get_all_operations()]


def _headers(user: User) -> dict[str, str]:
    pair = sessions.session_start(user=user, device=sessions.Device(name="fuzz"))
    return {"Authorization": f"Bearer {pair.access_token}"}


def _answer(case: Any, headers: dict[str, str]) -> Response:
    """Of the server, within the transaction of the test."""
    wanted = case.as_transport_kwargs(base_url="http://testserver", headers=headers)
    sent = requests.Request(**{k: v for k, v in wanted.items() if k in _OF_A_REQUEST}).prepare()
    fields = {k: v for k, v in sent.headers.items() if k not in {"Content-Type", "Content-Length"}}
    got = Client().generic(
        sent.method or "",
        sent.path_url,
        sent.body or b"",
        sent.headers.get("Content-Type", ""),
        headers=fields,
    )
    return Response(
        status_code=got.status_code,
        headers={name.lower(): [value] for name, value in got.headers.items()},
        content=b"".join(got),
        request=sent,
        elapsed=0.0,
        verify=True,
    )


@pytest.fixture
def people(
    guest: User, outsider: User, member: User, moderator: User, admin: User
) -> list[dict[str, str]]:
    everybody = (guest, outsider, member, moderator, admin)
    key = keys.key_create(user=admin, name="Fuzz", scopes=list(Scope)).key
    callers = [{}, *(_headers(user) for user in everybody), {"X-API-Key": key}]
    as_committed()
    return callers


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{each.method.upper()} {each.path}" for each in OPERATIONS]
)
@pytest.mark.django_db
def test_no_call_is_a_fault(operation: Any, people: list[dict[str, str]]) -> None:
    callers = cycle(people)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode)))
    def call(case: Any) -> None:
        response = _answer(case, next(callers))
        assert response.status_code < 500, response.content
        case.validate_response(response, checks=[response_schema_conformance])

    call()
