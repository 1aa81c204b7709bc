"""Requests of which Django could not make a request are answered all the same."""

import io

import pytest

from apps.core import doors
from revenge import wsgi
from tests import realtime

pytestmark = pytest.mark.django_db(transaction=True)
UNREADABLE = ["hex", "base64", "rot13", "undefined", "a\0b"]
READABLE = ["utf-8", "UTF-8", "latin-1", "utf-16", "no-such-charset", ""]


def ask_web(content_type: str, query: str = "a=b") -> tuple[str, bytes]:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/healthz", "QUERY_STRING": query,
        "CONTENT_TYPE": content_type, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    heads: list[str] = []
    body = b"".join(wsgi.application(environ, lambda status, _headers: heads.append(status)))
    return heads[0], body


def ask_realtime(content_type: str) -> realtime.Answer:
    return realtime.ask("/healthz", query="a=b", headers={"Content-Type": content_type})


@pytest.mark.parametrize("charset", UNREADABLE)
def test_a_charset_that_is_none_is_415(charset: str) -> None:
    content_type = f"text/plain; charset={charset}"
    status, body = ask_web(content_type)
    assert status == "415 Unsupported Media Type"
    assert body == b'{"code": 415, "message": "The Content-Type names a charset that is none"}'
    answer = ask_realtime(content_type)
    assert (answer.status, answer.body) == (415, body)


@pytest.mark.parametrize("charset", READABLE)
def test_a_charset_or_none_is_served(charset: str) -> None:
    content_type = f"text/plain; charset={charset}"
    assert ask_web(content_type)[0] == "200 OK"
    assert ask_realtime(content_type).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "charset", ";charset", "a/b; charset"])
def test_an_odd_header_is_left_to_django(content_type: str) -> None:
    assert doors.is_readable(content_type, "a=b")
    assert ask_web(content_type)[0] == "200 OK"
