"""The error pages."""

import logging
import math
import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from apps.core.api.errors import error_body
from apps.core.context import current_request_id
from apps.core.errors import UnavailableError

logger = logging.getLogger(__name__)


def _error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """JSON below /api/, a page elsewhere."""
    identifier = current_request_id.get()
    if request.path_info.startswith("/api/"):
        details = {"request_id": identifier} if status == 500 else None
        return JsonResponse(error_body(status, message, details), status=status)
    context = {"status": status, "request_id": identifier}
    # After an error of the server's own nothing may be asked of the database, the user included;
    # and who asks too much shall not have it work.
    about = None if status == 429 or status >= 500 else request
    page = render_to_string("core/error.html", context, about)
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _error(request, 413, "The body is too large")
    return _error(request, 400, "Bad request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _error(request, 403, "You may not do this")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _error(request, 404, "Not found")


def too_many_requests(request: HttpRequest, retry_after: float) -> HttpResponse:
    """`retry_after` is in seconds."""
    response = _error(request, 429, "Too many requests: try again in a moment")
    response.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Also what no middleware could go on with: called while the error is handled."""
    error = sys.exception()
    if isinstance(error, UnavailableError):
        return _unavailable(request, error)
    return _error(request, 500, "Internal server error")


def _unavailable(request: HttpRequest, error: UnavailableError) -> HttpResponse:
    logger.warning("503 for %s: %s", request.path_info, type(error).__name__)
    response = _error(request, error.status, error.message)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    # Django would add a traceback for each request, as long as the engine is away.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that was open for too long, or sent from elsewhere."""
    return _error(request, 403, "The form is too old or came from elsewhere: load it again")
