"""Events for API clients, and the pages' own."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import query
from apps.core.events import streams
from apps.core.events.types import Category, position_parse
from apps.core.policy import Access
from apps.notifications import callers, tokens
from apps.notifications.api.authentication import EventsTokenAuthentication
from apps.notifications.api.serializers import EventsQuery, EventsTokenOutput
from apps.notifications.callers import Caller
from apps.users.models import User

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # https://nginx.org/en/docs/http/ngx_http_proxy_module.html
}
_LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    location=OpenApiParameter.HEADER,
    description="The last id that the client has got: it is sent what came since.",
)


class CallerRequest(Request):
    user: User
    auth: Caller


class EventsApi(APIView):
    policy = Access.USER
    authentication_classes = (EventsTokenAuthentication, *APIView.authentication_classes)

    @extend_schema(
        operation_id="events",
        parameters=[EventsQuery, _LAST_EVENT_ID],
        responses={(200, streams.CONTENT_TYPE): OpenApiTypes.STR},
    )
    def get(self, request: CallerRequest) -> HttpResponse:
        """What happens on the server and concerns the caller, as server-sent events.

        Each frame has `id`, `event` (`library.scan.progress`, for one) and `data`, a JSON object. A
        comment comes every 30 seconds. `stream.paused` says that events do not come for a while,
        `stream.reset` that some may have been missed.
        """
        wanted: dict[str, Any] = query(EventsQuery, request.query_params)
        subscription = callers.subscription(
            request.auth,
            categories=wanted.get("categories", frozenset(Category)),
            resumes_after=position_parse(request.headers.get("Last-Event-ID", "")),
        )
        streams.hand_over(request._request, subscription)  # noqa: SLF001
        opening = streams.opening()
        return HttpResponse(opening, content_type=streams.CONTENT_TYPE, headers=_HEADERS)


class EventsTokenApi(APIView):
    policy = Access.USER

    @extend_schema(operation_id="events_token", request=None, responses=EventsTokenOutput)
    def post(self, request: CallerRequest) -> Response:
        """A token for `GET /api/v1/events`, for clients that can send no header with it."""
        token = tokens.token_issue(request.auth)
        return Response(EventsTokenOutput({"token": token, "expires_in": tokens.SECONDS}).data)
