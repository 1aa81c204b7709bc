"""The generated OpenAPI document says what the published API says."""

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.contract import notation
from tests.contract.notation import Operation, Schema

OPERATIONS = notation.operations()
NOT_YET = {
    "Movie": {"radarr_id"},
    "MovieFile": {"quality_profile", "radarr_file_id", "is_monitored"},
}
"""Fields that belong to parts of the server which are not there yet."""
MORE = {"reported_at", "crop_x", "crop_y", "crop_size"}
"""What the API law allows in words, beside its lists of fields."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Generated as the gate does it: a warning is a failure."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    parsed: dict[str, Any] = yaml.safe_load(out.getvalue())
    return parsed


def _without_names(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _documented(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    paths = {_without_names(path): item for path, item in document["paths"].items()}
    found: dict[str, Any] = paths[_without_names(operation.path)][operation.method.lower()]
    return found


def _resolved(document: dict[str, Any], schema: Schema) -> Schema:
    """The schema behind references."""
    if "allOf" in schema:
        return _resolved(document, schema["allOf"][0])
    if "$ref" in schema:
        return _resolved(document, document["components"]["schemas"][schema["$ref"].split("/")[-1]])
    return schema


def _same_type(document: dict[str, Any], ours: Schema, law: Schema) -> None:
    if "$ref" in law:
        name = law["$ref"].split("/")[-1]
        reference = ours.get("$ref") or ours["allOf"][0]["$ref"]
        # What clients send is described apart from what they get.
        assert reference.removesuffix("Request") == f"#/components/schemas/{name}"
        return
    ours = _resolved(document, ours)
    if "oneOf" in law:
        assert [one["type"] for one in ours["oneOf"]] == [one["type"] for one in law["oneOf"]]
        return
    kinds = law["type"] if isinstance(law["type"], list) else [law["type"]]
    assert ours["type"] == kinds[0]
    assert ours.get("nullable", False) is ("null" in kinds)
    if "format" in law:
        assert ours["format"] == law["format"]
    if "enum" in law:
        assert set(ours["enum"]) <= set(law["enum"])
    if kinds[0] == "array":
        _same_type(document, ours["items"], law["items"])


every_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{o.method} {o.path}" for o in OPERATIONS]
)


@every_operation
def test_an_operation_is_documented_as_published(
    document: dict[str, Any], operation: Operation
) -> None:
    ours = _documented(document, operation)
    responses = ours["responses"]
    assert operation.success in responses
    assert operation.errors <= responses.keys()
    for status in responses.keys() - {operation.success, "503"}:
        schema = responses[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Error"}
    assert ("security" not in ours) is (operation.who == "public")
    assert ("403" in responses) is (operation.who == "admin" or "403" in operation.errors)


@every_operation
def test_an_operation_answers_as_published(document: dict[str, Any], operation: Operation) -> None:
    content = _documented(document, operation)["responses"][operation.success].get("content", {})
    if "/" in operation.answer:
        assert operation.answer in content
    elif operation.answer:
        law = notation.answer_schema(operation.answer)
        _same_type(document, content["application/json"]["schema"], law)
    else:
        assert not content


@every_operation
def test_an_operation_takes_what_is_published(
    document: dict[str, Any], operation: Operation
) -> None:
    ours = _documented(document, operation)
    query = {p["name"]: p for p in ours.get("parameters", []) if p["in"] == "query"}
    assert query.keys() == operation.query["properties"].keys()
    for name, law in operation.query["properties"].items():
        _same_type(document, query[name]["schema"], {k: v for k, v in law.items() if k != "format"})
        assert query[name].get("required", False) is (name in operation.query["required"])
    if not operation.body["properties"]:
        assert "requestBody" not in ours
        return
    (content,) = ours["requestBody"]["content"].values()
    body = _resolved(document, content["schema"])
    assert body["properties"].keys() - MORE == operation.body["properties"].keys()
    assert sorted(body.get("required", [])) == sorted(operation.body["required"])
    for name, law in operation.body["properties"].items():
        _same_type(document, body["properties"][name], law)


@pytest.mark.parametrize("name", notation.schemas())
def test_a_schema_is_the_published_one(document: dict[str, Any], name: str) -> None:
    law, ours = notation.schemas()[name], document["components"]["schemas"][name]
    missing = law["properties"].keys() - ours["properties"].keys()
    assert missing == NOT_YET.get(name, set())
    assert ours["properties"].keys() <= law["properties"].keys()
    assert set(law["required"]) <= set(ours["required"])
    for field, schema in ours["properties"].items():
        wanted = law["properties"][field]
        _same_type(document, schema, wanted)


def test_nothing_else_is_documented(document: dict[str, Any]) -> None:
    ours = {
        (method.upper(), _without_names(path))
        for path, item in document["paths"].items()
        for method in item
    }
    assert ours == {(o.method, _without_names(o.path)) for o in OPERATIONS}


def test_the_document_is_served(client: Client, db: None, document: dict[str, Any]) -> None:  # noqa: ARG001
    response = client.get("/api/openapi.yaml", headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].split(";")[0] == "application/yaml"
    served = yaml.safe_load(response.content)
    assert served["paths"].keys() == document["paths"].keys()
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/api/openapi.yaml", headers=known).status_code == 304
    assert b"`download` - herunterladen" in client.get("/api/openapi.yaml?lang=de").content
    assert client.get("/api/openapi.yaml?lang=no-such").content == response.content
