"""The one shape of an API error: `{code, message, details}`."""

import logging
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.context import current_request_id
from apps.core.errors import DomainError

logger = logging.getLogger(__name__)

_DJANGO_ERRORS = (
    (Http404, 404, "Not found"),
    (ObjectDoesNotExist, 404, "Not found"),
    (PermissionDenied, 403, "You may not do this"),
    (RequestDataTooBig, 413, "The body is too large"),
    (SuspiciousOperation, 400, "Bad request"),
)


def error_body(code: int, message: str, details: object | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"code": code, "message": message}
    if details:
        body["details"] = details
    return body


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Turn any exception of an API view into the error shape; what is unknown becomes a 500."""
    if isinstance(error, exceptions.APIException):
        return _api_exception(error)
    if isinstance(error, DomainError):
        return _domain_error(error)
    for kind, status, message in _DJANGO_ERRORS:
        if isinstance(error, kind):
            return _answer(status, message)
    logger.error("unhandled error in %s", type(context.get("view")).__name__, exc_info=error)
    return _answer(500, "Internal server error", {"request_id": current_request_id.get()})


def _answer(status: int, message: str, details: object | None = None) -> Response:
    return Response(error_body(status, message, details), status)


def _domain_error(error: DomainError) -> Response:
    response = _answer(error.status, error.message, {**error.details, **error.flags})
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _api_exception(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        details = _messages_by_field(error.detail)
        response = _answer(400, "The request is not valid", details)
    else:
        response = _answer(error.status_code, str(error.detail))
    if authenticate := getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = authenticate
    if wait := getattr(error, "wait", None):
        response.headers["Retry-After"] = str(int(wait))
    return response


def _messages_by_field(detail: object) -> dict[str, list[str]]:
    """Flatten DRF's nested details: `{"a": {"b": [..]}}` becomes `{"a.b": [..]}`."""
    if not isinstance(detail, dict):
        items = detail if isinstance(detail, list) else [detail]
        return {"non_field_errors": [str(item) for item in items]}
    flat: dict[str, list[str]] = {}
    for field, value in detail.items():
        for inner, messages in _messages_by_field(value).items():
            name = str(field) if inner == "non_field_errors" else f"{field}.{inner}"
            flat[name] = messages
    return flat
