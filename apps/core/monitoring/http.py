"""Every request: counted, timed, and one line in the log."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django_prometheus.middleware import Metrics, PrometheusAfterMiddleware

from apps.core.metrics import HTTP_IN_FLIGHT, HTTP_REQUEST_SECONDS, HTTP_REQUESTS
from revenge.logs import ACCESS_LOGGER

access = logging.getLogger(ACCESS_LOGGER)

UNMATCHED = "unmatched"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_PROBES = frozenset(("/healthz", "/readyz", "/startupz"))


def observe(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Labels are of low cardinality: the route, never the path, and methods that there are."""
    level = logging.getLevelNamesMapping()[settings.ACCESS_LOG_LEVEL]

    def middleware(request: HttpRequest) -> HttpResponseBase:
        begin = time.perf_counter()
        HTTP_IN_FLIGHT.inc()
        status = 500
        try:
            response = get_response(request)
            status = response.status_code
        finally:
            HTTP_IN_FLIGHT.dec()
            _record(request, status, time.perf_counter() - begin, level)
        return response

    return middleware


def route_of(request: HttpRequest) -> str:
    """The pattern that the request's path matched: `/api/v1/movies/<uuid:movie_id>`."""
    match = request.resolver_match
    return f"/{match.route}" if match else UNMATCHED


def _record(request: HttpRequest, status: int, seconds: float, level: int) -> None:
    method = request.method if request.method in _METHODS else "other"
    route = route_of(request)
    HTTP_REQUESTS.labels(method, route, str(status)).inc()
    HTTP_REQUEST_SECONDS.labels(method, route).observe(seconds)
    # Who only asks whether the server lives would fill the log.
    shown = logging.DEBUG if route in _PROBES else level
    if access.isEnabledFor(shown):
        about = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        access.log(shown, "request", extra=about)


class _Uncounted:
    """A figure of the package that ours tell already, or whose labels a client chooses."""

    def labels(self, **_labels: str) -> "_Uncounted":
        return self

    def inc(self) -> None: ...

    def observe(self, _value: float) -> None: ...


class _Figures(Metrics):  # type: ignore[misc]
    KEPT = frozenset(
        (
            "django_http_requests_body_total_bytes",
            "django_http_responses_body_total_bytes",
            "django_http_exceptions_total_by_type",
            "django_http_exceptions_total_by_view",
        )
    )

    def register_metric(
        self,
        metric_cls: Callable[..., Any],
        name: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:  # noqa: ANN401  (what the package counts with)
        if name not in self.KEPT:
            return _Uncounted()
        return super().register_metric(metric_cls, name, *args, **kwargs)


class DjangoFigures(PrometheusAfterMiddleware):  # type: ignore[misc]
    """What django-prometheus counts beside requests and their times: sizes and exceptions.

    The hooks that would count what `observe` does are left out: they cost more than it.
    """

    metrics_cls = _Figures

    def process_request(self, request: HttpRequest) -> None:
        size = request.META.get("CONTENT_LENGTH") or "0"
        self.metrics.requests_body_bytes.observe(int(size) if size.isdigit() else 0)

    def process_view(self, *_args: Any, **_kwargs: Any) -> None: ...

    def process_response(
        self, _request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if isinstance(response, HttpResponse):
            self.metrics.responses_body_bytes.observe(len(response.content))
        return response
