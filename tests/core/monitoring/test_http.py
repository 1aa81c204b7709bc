"""Requests are counted by route, and each leaves one line."""

import logging
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from apps.libraries.models import Library
from apps.users.models import User
from revenge.logs import ACCESS_LOGGER
from tests import objects


def counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("revenge_http_requests_total", labels) or 0.0


def test_a_request_counts_for_its_route(
    films: Library, member: User, api: Callable[[User], APIClient]
) -> None:
    movie = objects.make_movie(films)
    labels = {"method": "GET", "route": "/api/v1/movies/<uuid:movie_id>", "status": "200"}
    before = counted(**labels)
    assert api(member).get(f"/api/v1/movies/{movie.pk}").status_code == 200
    assert counted(**labels) == before + 1
    assert REGISTRY.get_sample_value("revenge_http_requests_in_flight") == 0


@pytest.mark.parametrize("path", ["/no-such-page", "/wp-login.php", "/api/v1/none"])
def test_what_matches_no_route_is_one_label(client: Client, db: None, path: str) -> None:  # noqa: ARG001
    before = counted(method="GET", route="unmatched", status="404")
    client.get(path)
    assert counted(method="GET", route="unmatched", status="404") == before + 1


def test_a_method_that_a_client_invents_is_no_label(client: Client, db: None) -> None:  # noqa: ARG001
    client.generic("BREW", "/healthz")
    assert counted(method="other", route="/healthz", status="405") == 1
    assert counted(method="BREW", route="/healthz", status="405") == 0


def test_a_request_leaves_one_line(
    member: User, api: Callable[[User], APIClient], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, ACCESS_LOGGER):
        api(member).get("/api/v1/users/me?token=abc", headers={"X-Request-ID": "line-of-test"})
    (line,) = [record for record in caplog.records if record.name == ACCESS_LOGGER]
    assert line.getMessage() == "request"
    assert vars(line).items() >= {
        "method": "GET", "route": "/api/v1/users/me", "status": 200,
    }.items()  # fmt: skip
    assert 0 < vars(line)["seconds"] < 60


def test_probes_do_not_fill_the_log(
    client: Client,
    db: None,  # noqa: ARG001
    caplog: pytest.LogCaptureFixture,
    settings: LazySettings,
) -> None:
    assert settings.ACCESS_LOG_LEVEL == "INFO"
    with caplog.at_level(logging.INFO, ACCESS_LOGGER):
        client.get("/healthz")
    assert not [record for record in caplog.records if record.name == ACCESS_LOGGER]


def test_attempts_to_sign_in_are_counted(member: User, api: Callable[..., APIClient]) -> None:
    def attempts(outcome: str) -> float:
        labels = {"method": "password", "outcome": outcome}
        return REGISTRY.get_sample_value("revenge_auth_attempts_total", labels) or 0.0

    before = attempts("success"), attempts("failure")
    body = {"username": member.username, "password": "Correct-Horse-9", "device_name": "x"}
    assert api().post("/api/v1/auth/login", body, format="json").status_code == 200
    assert Client().post("/sign-in/", {**body, "password": "wrong"}).status_code == 200
    assert (attempts("success"), attempts("failure")) == (before[0] + 1, before[1] + 1)
