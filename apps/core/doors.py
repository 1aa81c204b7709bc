"""What stands before Django's handlers: requests of which Django cannot even make a request."""

import codecs
import json
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from django.utils.http import parse_header_parameters

from apps.core.api.errors import error_body
from apps.core.monitoring import tracing
from apps.core.monitoring.exposition import Application, Receive, Scope, Send

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]

_BODY = json.dumps(error_body(415, "The Content-Type names a charset that is none")).encode()
_HEADERS = (("Content-Type", "application/json"), ("Content-Length", str(len(_BODY))))


def wsgi(application: WsgiApplication) -> WsgiApplication:
    def enter(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        tracing.begin("web")
        if is_readable(environ.get("CONTENT_TYPE", ""), environ.get("QUERY_STRING", "")):
            return application(environ, start_response)
        start_response("415 Unsupported Media Type", list(_HEADERS))
        return [_BODY]

    return enter


def asgi(application: Application) -> Application:
    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        tracing.begin("realtime")
        if scope["type"] != "http" or _is_readable_scope(scope):
            await application(scope, receive, send)
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS]
        await send({"type": "http.response.start", "status": 415, "headers": headers})
        await send({"type": "http.response.body", "body": _BODY})

    return enter


def is_readable(content_type: str, query: str) -> bool:
    """Whether the charset that the client names, if any, can read the query.

    Python's codecs include some that are none (`hex`, `undefined`): Django asks them, and fails
    outside of everything that handles errors. Unknown ones it leaves alone.
    """
    if "charset" not in content_type.lower():
        return True
    try:
        charset = parse_header_parameters(content_type)[1].get("charset", "")
        codecs.lookup(charset)
    except LookupError:
        return True
    except ValueError:
        return False
    try:
        QueryDict(f"{query}&a=%41", encoding=charset)
    except (LookupError, ValueError, SuspiciousOperation):
        return False
    return True


def _is_readable_scope(scope: Scope) -> bool:
    content_type = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    return is_readable(content_type, scope["query_string"].decode("latin-1"))
