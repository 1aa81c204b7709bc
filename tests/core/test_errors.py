"""Every error has the one shape, whatever a client sends."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from rest_framework.test import APIClient

from apps.libraries.models import Library
from apps.users.models import User
from tests import objects
from tests.core.broken_urls import SECRET

MIB = 1024 * 1024
LOGIN = "/api/v1/auth/login"


def error_of(response: HttpResponse, status: int) -> dict[str, object]:
    """The body, after a check of its shape."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Request-ID"]
    body: dict[str, object] = response.json()
    assert body["code"] == status
    assert isinstance(body["message"], str)
    assert body.keys() <= {"code", "message", "details"}
    return body


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/no-such-thing",
        "/api/v1/movies/",
        "/api/v1/movies/not-a-uuid",
        "/api/v1/movies/019ffc0e-5bcd-7000-8000-00000000000g/files",
        "/api/v1/libraries/1/scans",
        "/api/v1/images/poster/w342/%2e%2e%2fetc%2fpasswd",
    ],
)
def test_an_unknown_address_is_404_in_json(client: Client, db: None, path: str) -> None:  # noqa: ARG001
    assert error_of(client.get(path), 404)["message"] == "Not found"


def test_an_unknown_page_is_404_in_html(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert b"There is nothing here" in response.content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"username": NaN}',
        b"[" * 200_000,
        b"1" * 6000,
        b'{"username": "\\ud800", "password": "x"}',
        b'{"username": "a\\u0000b", "password": "x"}',
        b'{"username": "a", "password": "x", "more": ["\\ud83d"]}',
        b'["username", "password"]',
        b'"text"',
        b"null",
        b'{"username": {"$ne": 1}, "password": ["x"]}',
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_400(client: Client, db: None, body: bytes) -> None:  # noqa: ARG001
    error_of(client.post(LOGIN, body, content_type="application/json"), 400)


def test_a_name_that_comes_twice_is_400(client: Client, db: None) -> None:  # noqa: ARG001
    body = '{"username": "member", "username": "admin", "password": "x"}'
    response = client.post(LOGIN, body, content_type="application/json")
    assert "twice" in error_of(response, 400)["message"]


def test_a_whole_surrogate_pair_is_text(client: Client, db: None) -> None:  # noqa: ARG001
    body = b'{"username": "nobody-here", "password": "\\ud83d\\ude00"}'
    error_of(client.post(LOGIN, body, content_type="application/json"), 401)


def test_validation_names_the_fields(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.post(LOGIN, {"username": ""}, content_type="application/json")
    details = error_of(response, 400)["details"]
    assert details == {
        "username": ["This field may not be blank."],
        "password": ["This field is required."],
    }


@pytest.mark.parametrize("charset", ["utf-16", "zlib", "no-such-charset"])
def test_json_is_utf_8_whatever_the_client_calls_it(
    client: Client,
    db: None,  # noqa: ARG001
    charset: str,
) -> None:
    body = b'{"username": "nobody-here", "password": "x"}'
    content_type = f"application/json; charset={charset}"
    error_of(client.generic("POST", LOGIN, body, content_type=content_type), 401)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_another_content_type_is_415(client: Client, db: None, content_type: str) -> None:  # noqa: ARG001
    error_of(client.post(LOGIN, b"username=a", content_type=content_type), 415)


def test_another_method_is_405_and_names_the_right_ones(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.get(LOGIN)
    error_of(response, 405)
    assert response.headers["Allow"] == "POST, OPTIONS"


def test_a_body_of_more_than_a_mebibyte_is_413(client: Client, db: None) -> None:  # noqa: ARG001
    body = b'{"username": "' + b"a" * MIB + b'"}'
    error_of(client.post(LOGIN, body, content_type="application/json"), 413)


def test_the_same_with_a_session_cookie(
    browser_of: Callable[[User], Client], member: User, films: Library
) -> None:
    browser = browser_of(member)
    browser.handler.enforce_csrf_checks = True
    browser.cookies["revenge_csrf"] = "a" * 32
    path = f"/api/v1/movies/{objects.make_movie(films).pk}/progress"
    error_of(browser.post(path, b"1" * (MIB + 1), content_type="application/json"), 413)
    form = "application/x-www-form-urlencoded"
    error_of(browser.post(path, b"a=" + b"1" * MIB, content_type=form), 415)


def test_a_page_s_form_that_is_too_large_is_413(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.post("/sign-in/", {"username": "a" * MIB})
    assert response.status_code == 413
    assert response.headers["X-Request-ID"]


def test_a_form_with_too_many_fields_is_400(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.post(
        "/sign-in/", "a=1&" * 2000, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=abc", "limit"),
        ("limit=1e2", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("offset=" + "9" * 5000, "offset"),
        ("order_by=size", "order_by"),
        ("genre=a%00b", "genre"),
        ("year=999999999999", "year"),
        ("year_from=1", "year_from"),
        ("library_id=1", "library_id"),
    ],
)
def test_a_list_s_query_is_checked(
    api: Callable[[User | None], APIClient], member: User, query: str, field: str
) -> None:
    details = error_of(api(member).get(f"/api/v1/movies?{query}"), 400)["details"]
    assert isinstance(details, dict)
    assert details.keys() == {field}


@pytest.mark.parametrize("query", ["", "query=", "query=%00", "query=" + "a" * 201])
def test_a_search_s_query_is_checked(
    api: Callable[[User | None], APIClient], member: User, query: str
) -> None:
    error_of(api(member).get(f"/api/v1/movies/search?{query}"), 400)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's own handler writes."""
    handlers = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    assert len(handlers) == 1
    written = io.StringIO()
    usual = handlers[0].setStream(written)
    yield written
    handlers[0].setStream(usual)


@pytest.mark.parametrize("path", ["/api/v1/broken", "/api/v1/broken-page"])
@override_settings(ROOT_URLCONF="tests.core.broken_urls")
def test_a_fault_of_the_server_says_only_its_request(
    db: None,  # noqa: ARG001
    log: io.StringIO,
    path: str,
) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(path, headers={"X-Request-ID": "call-of-the-test"})
    body = error_of(response, 500)
    assert body["details"] == {"request_id": "call-of-the-test"}
    assert SECRET not in response.content.decode()
    assert "[error" in log.getvalue()
    assert "request_id=call-of-the-test" in log.getvalue()
    assert f"RuntimeError: {SECRET}" in log.getvalue()  # the traceback is the administrator's


@override_settings(ROOT_URLCONF="tests.core.broken_urls")
def test_a_fault_behind_a_page_is_a_page(db: None, log: io.StringIO) -> None:  # noqa: ARG001
    client = Client(raise_request_exception=False)
    response = client.get("/broken/")
    assert response.status_code == 500
    assert response.headers["X-Request-ID"] in response.content.decode()
    assert response.headers["X-Request-ID"] in log.getvalue()
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/healthz", "/sign-in/", "/api/v1/movies", "/nowhere/", "/movies/"]
)
def test_every_answer_has_a_request_id(client: Client, db: None, path: str) -> None:  # noqa: ARG001
    own = "01234567-client.trace_1"
    assert client.get(path, headers={"X-Request-ID": own}).headers["X-Request-ID"] == own
    for bad in ("short", "x" * 65, "a b c d e f g", "a\rb-injected"):
        given = client.get(path, headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert given != bad
        assert len(given) == 32


def test_a_failed_csrf_check_is_json_for_the_api_and_a_page_elsewhere(
    browser_of: Callable[[User], Client], member: User
) -> None:
    browser = browser_of(member)
    browser.handler.enforce_csrf_checks = True
    error_of(browser.post("/api/v1/auth/logout"), 403)
    response = browser.post("/sign-out/")
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_image_element_s_accept_header_changes_nothing(
    api: Callable[[User | None], APIClient], member: User
) -> None:
    response = api(member).get("/api/v1/movies", headers={"Accept": "image/webp"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
